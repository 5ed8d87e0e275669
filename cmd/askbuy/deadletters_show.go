package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"askbuy/internal/clickhouse"
	"askbuy/pipeline"
	"askbuy/report"
	"askbuy/schemas/event"
)

type lettersShow struct {
	Letter string `arg:"" help:"Id of the letter, or its place as topic:partition:offset, as the list and bi.dead_letters have them."`
	Raw    bool   `help:"Write the original bytes, as they are, and nothing else."`
}

func (s lettersShow) Run(a *app) error {
	return withLetters(a, func(c pipeline.Config, db *clickhouse.DB, box *pipeline.Letters) error {
		s.Letter = strings.TrimPrefix(s.Letter, c.KafkaPrefix) // of a place
		letter, original, err := s.find(a, db, box)
		if err != nil {
			return err
		}
		if s.Raw {
			if original.Bytes == nil {
				return no(errors.New(bytesGone))
			}
			_, err := a.stdout.Write(original.Bytes)
			return err
		}
		return showLetter(a.stdout, letter, original)
	})
}

const bytesGone = "its bytes are gone from the broker, which keeps them for 30 days"

// find takes the letter from the warehouse, or, when that has not seen it yet,
// from its place in the topic.
func (s lettersShow) find(a *app, db *clickhouse.DB, box *pipeline.Letters) (report.DeadLetter, pipeline.Original, error) {
	filter := report.LetterFilter{IDs: []string{s.Letter}, Limit: 100}
	place, isPlace := parsePlace(s.Letter)
	if isPlace {
		filter.IDs, filter.At = nil, &place
	}
	known, err := report.DeadLetters(a.ctx, db, filter)
	if err != nil {
		return report.DeadLetter{}, pipeline.Original{}, err
	}
	switch len(known.Letters) {
	case 1:
		originals, err := box.Read(a.ctx, known.Letters, a.scanned())
		if err != nil {
			return report.DeadLetter{}, pipeline.Original{}, err
		}
		return known.Letters[0], originals[0], nil
	case 0:
		if isPlace && place.Topic == event.TopicDeadLetters {
			return fromTopic(a, box, place)
		}
		return report.DeadLetter{}, pipeline.Original{}, no(fmt.Errorf("there is no letter %s: `%s deadletters list` shows which there are; one of just now appears within seconds", printableBytes([]byte(s.Letter)), program()))
	}
	var ids []string
	for _, l := range known.Letters {
		ids = append(ids, l.ID+" ("+string(l.Reason)+")")
	}
	return report.DeadLetter{}, pipeline.Original{}, fmt.Errorf("several letters are about %s, give the id of one: %s", s.Letter, strings.Join(ids, ", "))
}

func fromTopic(a *app, box *pipeline.Letters, place report.Place) (report.DeadLetter, pipeline.Original, error) {
	kept, err := box.ReadAt(a.ctx, place.Partition, place.Offset)
	if err == nil && kept == nil {
		err = no(fmt.Errorf("there is no letter at %s: the broker no longer has it, or not yet", place))
	}
	if err != nil {
		return report.DeadLetter{}, pipeline.Original{}, err
	}
	if kept.Topic != "" {
		place = report.Place{Topic: kept.Topic, Partition: kept.Partition, Offset: kept.Offset}
	}
	return report.DeadLetter{
		ID: kept.ID, ReceivedAt: time.UnixMilli(kept.ReceivedAt), Deliveries: 1, Stage: kept.Stage, Reason: kept.Reason, Source: kept.Source,
		ShopID: kept.ShopID, Type: kept.Type, EventID: kept.EventID, Detail: kept.Detail, First: place,
	}, pipeline.Original{Bytes: kept.Bytes}, nil
}

// parsePlace reads topic:partition:offset.
func parsePlace(s string) (report.Place, bool) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return report.Place{}, false
	}
	partition, errPartition := strconv.ParseInt(parts[1], 10, 32)
	offset, errOffset := strconv.ParseInt(parts[2], 10, 64)
	return report.Place{Topic: parts[0], Partition: int32(partition), Offset: offset}, errPartition == nil && errOffset == nil && partition >= 0 && offset >= 0
}

func showLetter(w io.Writer, l report.DeadLetter, original pipeline.Original) error {
	var b strings.Builder
	for _, field := range [][2]string{
		{"id", l.ID}, {"received", l.ReceivedAt.UTC().Format("2006-01-02T15:04:05.000Z")}, {"deliveries", fmt.Sprintf("%d at least", l.Deliveries)},
		{"stage", string(l.Stage)}, {"reason", string(l.Reason)}, {"detail", l.Detail}, {"source", l.Source}, {"shop", l.ShopID},
		{"type", l.Type}, {"event", l.EventID}, {"place", l.First.String()},
	} {
		fmt.Fprintf(&b, "%-10s  %s\n", field[0], strings.ReplaceAll(printableBytes([]byte(field[1])), "\n", `\n`))
	}
	if original.Record != nil {
		for _, h := range original.Record.Headers {
			fmt.Fprintf(&b, "%-10s  %s = %q\n", "header", printableBytes([]byte(h.Key)), h.Value)
		}
	}
	if original.Bytes == nil {
		b.WriteString("\n" + bytesGone + "\n")
	} else {
		fmt.Fprintf(&b, "\n%d bytes as received, control characters escaped (--raw writes them as they are):\n\n", len(original.Bytes))
		for line := range strings.Lines(printableBytes(original.Bytes)) {
			b.WriteString("  " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printableBytes keeps bytes that a stranger sent from steering the terminal:
// all that shows nothing is escaped as in Go, apart from line ends.
func printableBytes(raw []byte) string {
	var b strings.Builder
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, raw[0])
		case r == '\n' || unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		raw = raw[n:]
	}
	return b.String()
}
