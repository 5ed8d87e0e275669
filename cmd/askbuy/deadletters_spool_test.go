package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest"
	"askbuy/ingest/spool"
	"askbuy/schemas/event"
)

// refusing is a broker that refuses every record for good.
type refusing struct{}

func (refusing) Start(_ ingest.Record, then func(error)) { go then(ingest.ErrRefused) }

// told delivers what a log says.
type told chan string

func (c told) Write(line []byte) (int, error) {
	c <- string(line)
	return len(line), nil
}

// refusedFile is the file of a spool whose broker refused a letter.
func refusedFile(t *testing.T, letter event.DeadLetter) []byte {
	t.Helper()
	value, err := json.Marshal(letter)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	kept := make(told, 1)
	s, err := spool.Open(spool.DefaultConfig(dir), spool.Deps{
		Publisher: refusing{}, Registerer: prometheus.NewRegistry(), Now: time.Now,
		Log: slog.New(slog.NewTextHandler(kept, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stored := make(chan error, 1)
	s.Append(ingest.Record{Topic: event.TopicDeadLetters, Key: []byte(letter.ID), Value: value, Time: time.UnixMilli(letter.ReceivedAt)}, func(err error) { stored <- err })
	if err := <-stored; err != nil {
		t.Fatal(err)
	}
	<-kept
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "refused"))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// onDiskAlone lists a letter that the broker refused, sends it again, and
// finds it among the others.
func (d *letterDesk) onDiskAlone() {
	d.t.Helper()
	d.ask("deadletters", "spool").wants(exitDone).says("0 letters are on this disk alone")
	letter := event.DeadLetter{
		ID: "00112233445566778899aabbccddeeff", Stage: event.StageIngest, Reason: event.ReasonBadField, Detail: "event: larger than a record may be",
		Source: "events", ShopID: "s1", Type: "message", EventID: "too large", ReceivedAt: d.now, Bytes: []byte(d.message("s1", "too large", d.now, "hi")),
	}
	file := filepath.Join(d.dir, "spool", "refused")
	content := refusedFile(d.t, letter)
	write(d.t, file, string(content))
	d.ask("deadletters", "spool").wants(exitDone).says(letter.ID, "larger than a record", "1 letters are on this disk alone")
	write(d.t, file, string(append(content, "torn"...)))
	d.ask("deadletters", "spool").wants(exitNo).says(letter.ID, "1 stretches", "check the disk")
	write(d.t, file, string(content))
	d.ask("deadletters", "spool", "--requeue").wants(exitDone).says("1 letters are dead letters now")
	d.ask("deadletters", "spool").wants(exitDone).says("0 letters")
	d.settled()
	d.ask("deadletters", "list", "--reason", "bad_field").wants(exitDone).says(letter.ID)
	d.ask("deadletters", "requeue", "--id", letter.ID).wants(exitDone).says("1 accepted")
	d.counted("too large", 1)
}
