package spool

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

func drawRecord(t *rapid.T) ingest.Record {
	some := func(name string) []byte { return rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, name) }
	r := ingest.Record{
		Topic: rapid.String().Draw(t, "topic"), Key: some("key"), Value: some("value"),
		Time: time.Unix(0, rapid.Int64().Draw(t, "time")), Headers: []event.Header{},
	}
	for range rapid.IntRange(0, 3).Draw(t, "headers") {
		r.Headers = append(r.Headers, event.Header{Key: rapid.String().Draw(t, "name"), Value: some("header")})
	}
	return r
}

func TestFramesAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var written []ingest.Record
		var file []byte
		for range rapid.IntRange(0, 5).Draw(t, "records") {
			r := drawRecord(t)
			written = append(written, r)
			file = appendFrame(file, &r)
		}
		c := cursor{file: bytes.NewReader(file), end: int64(len(file))}
		for _, want := range written {
			payload, err := c.next()
			if err != nil {
				t.Fatal(err)
			}
			got, err := parsePayload(payload)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("got %+v, want %+v, %v", got, want, err)
			}
		}
		if _, err := c.next(); err != io.EOF {
			t.Fatal(err)
		}
	})
}

func TestNoPayloadIsReadBeyondItsEnd(t *testing.T) {
	r := recordOf(1)
	whole := appendPayload(nil, &r)
	for n := range whole {
		if _, err := parsePayload(whole[:n]); !errors.Is(err, errShape) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	for _, bad := range [][]byte{append(bytes.Clone(whole), 0), {payloadV1 + 1}, {payloadV1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f}} {
		if _, err := parsePayload(bad); !errors.Is(err, errShape) {
			t.Errorf("%x: %v", bad, err)
		}
	}
}

// Frames longer than the read-ahead, and a magic that straddles two windows.
func TestLargeFrames(t *testing.T) {
	large := recordOf(1)
	large.Value = bytes.Repeat(magic, readAhead)
	small := recordOf(2)
	file := appendFrame(nil, &large)
	file[len(file)-1]++ // damaged, and full of what looks like frames
	file = appendFrame(file, &small)
	file = appendFrame(append(file, bytes.Repeat([]byte{1}, readAhead-2)...), &small)
	c := cursor{file: bytes.NewReader(file), end: int64(len(file))}
	got := ""
	for {
		_, err := c.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			got += "f"
		} else {
			got += "d"
		}
	}
	if got != "dfdf" {
		t.Errorf("read %s", got)
	}
}

func TestPositionSurvivesATornWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "position")
	p, at, err := openPosition(path)
	if err != nil || at != (position{}) {
		t.Fatal(at, err)
	}
	defer p.file.Close() //nolint:errcheck // a test's
	for n := range int64(5) {
		if err := p.write(position{uint64(n), 10 * n}); err != nil {
			t.Fatal(err)
		}
	}
	read := func(want position) {
		t.Helper()
		q, at, err := openPosition(path)
		if err != nil || at != want {
			t.Errorf("%+v %v, want %+v", at, err, want)
		}
		q.file.Close()
	}
	read(position{4, 40})
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	newest := 5 % 2 * slotSize
	content[newest+17]++
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	read(position{3, 30})
	if err := os.WriteFile(path, content[:slotSize-1], 0o600); err != nil {
		t.Fatal(err)
	}
	read(position{})
}

func FuzzCursor(f *testing.F) {
	r := recordOf(1)
	frame := appendFrame(nil, &r)
	f.Add(frame)
	f.Add(append(append([]byte("noise"), frame...), frame[:20]...))
	f.Fuzz(func(t *testing.T, file []byte) {
		c := cursor{file: bytes.NewReader(file), end: int64(len(file))}
		for last := int64(-1); ; {
			payload, err := c.next()
			if err == io.EOF {
				break
			}
			if err != nil && !errors.Is(err, errDamaged) || c.off <= last {
				t.Fatalf("at %d after %d: %v", c.off, last, err)
			}
			last = c.off
			if r, err := parsePayload(payload); err == nil {
				if again, err := parsePayload(appendPayload(nil, &r)); err != nil || !reflect.DeepEqual(again, r) {
					t.Fatalf("%+v is read back as %+v: %v", r, again, err)
				}
			}
		}
	})
}
