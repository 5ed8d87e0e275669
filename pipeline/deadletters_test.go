package pipeline

import (
	"testing"

	"github.com/go-json-experiment/json"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
	"askbuy/report"
	"askbuy/schemas/event"
)

// box is a broker with two letters of the door, a record, and a letter about
// it; all topics are in their second life.
func box(t *testing.T) *Letters {
	t.Helper()
	brokers, _ := kafkatest.Broker(t)
	k := kafkatest.Config(brokers, 2)
	kafkatest.Topics(t, k, topics(k)...)
	l := &Letters{kafka: k, epochs: map[string]int64{event.TopicDeadLetters: 2, event.TopicMessages: 2}}
	put := func(topic, key string, value []byte) {
		kafkatest.Produce(t, k, kafka.Record{Topic: k.Name(topic), Key: []byte(key), Value: value, Headers: []kafka.Header{{Key: "h", Value: []byte("1")}}})
	}
	letter := func(key string, d event.DeadLetter) {
		value, err := json.Marshal(&d)
		if err != nil {
			t.Fatal(err)
		}
		put(event.TopicDeadLetters, key, value)
	}
	place := event.TopicMessages + ":0"
	for range 3 {
		letter(place, event.DeadLetter{ID: "others", Stage: event.StageSink, Bytes: []byte("x")})
	}
	put(event.TopicDeadLetters, place, []byte("no letter"))
	letter(place, event.DeadLetter{ID: "late", Stage: event.StageSink, Topic: event.TopicMessages, Bytes: []byte("copy")})
	letter(place, event.DeadLetter{ID: "short", Stage: event.StageSink, Topic: event.TopicMessages})
	letter(place, event.DeadLetter{ID: "door", Stage: event.StageIngest, Bytes: []byte("received")})
	put(event.TopicMessages, "k", []byte("record"))
	return l
}

func TestOriginalsAreFound(t *testing.T) {
	t.Parallel()
	l := box(t)
	home := kafka.Partition([]byte(event.TopicMessages+":0"), 2)
	record := report.Place{Topic: event.TopicMessages, Partition: kafka.Partition([]byte("k"), 2), Epoch: 2}
	in := func(offset, epoch int64) report.Place {
		return report.Place{Topic: event.TopicDeadLetters, Partition: home, Offset: offset, Epoch: epoch}
	}
	gone := record
	gone.Epoch = 1
	ingest, sink := event.StageIngest, event.StageSink
	for _, c := range []struct {
		name    string
		letter  report.DeadLetter
		bytes   string
		record  bool
		scanned bool
	}{
		{"of the door", report.DeadLetter{ID: "door", Stage: ingest, First: in(6, 2)}, "received", false, false},
		{"of the door, first one dropped", report.DeadLetter{ID: "door", Stage: ingest, First: in(2, 1), Last: in(6, 2)}, "received", false, false},
		{"another's place", report.DeadLetter{ID: "door", Stage: ingest, First: in(1, 2)}, "", false, false},
		{"no letter at all", report.DeadLetter{ID: "door", Stage: ingest, First: in(3, 2)}, "", false, false},
		{"of an earlier life", report.DeadLetter{ID: "door", Stage: ingest, First: in(6, 1)}, "", false, false},
		{"beyond the end", report.DeadLetter{ID: "door", Stage: ingest, First: in(99, 2)}, "", false, false},
		{"a record", report.DeadLetter{ID: "late", Stage: sink, Topic: event.TopicMessages, First: record}, "record", true, false},
		{"a record that is gone", report.DeadLetter{ID: "late", Stage: sink, Topic: event.TopicMessages, First: gone}, "copy", false, true},
		{"a record that is gone, not repeated", report.DeadLetter{ID: "short", Stage: sink, Topic: event.TopicMessages, First: gone}, "", false, true},
		{"a letter of nobody", report.DeadLetter{ID: "nobody", Stage: sink, Topic: event.TopicMessages, First: gone}, "", false, true},
		{"a record of no topic of ours", report.DeadLetter{ID: "nobody", Stage: sink, Topic: "x", First: report.Place{Topic: "x"}}, "", false, true},
	} {
		looked := int64(0)
		originals, err := l.Read(t.Context(), []report.DeadLetter{c.letter}, func(done, of int64) {
			if looked = done; done > of {
				t.Errorf("%s: %d of %d", c.name, done, of)
			}
		})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		o := originals[0]
		if string(o.Bytes) != c.bytes || (o.Record != nil) != c.record || c.scanned != (looked > 0) && c.letter.Topic != "x" {
			t.Errorf("%s: %q, record %v, looked through %d", c.name, o.Bytes, o.Record, looked)
		}
		if r := o.Record; r != nil && (r.Topic != "askbuy."+event.TopicMessages || string(r.Key) != "k" || string(r.Value) != "record" || r.Headers[0].Key != "h" || !r.Time.IsZero()) {
			t.Errorf("%s: record %+v", c.name, r)
		}
	}
	// All at once come in the order of the letters.
	originals, err := l.Read(t.Context(), []report.DeadLetter{
		{ID: "late", Stage: sink, Topic: event.TopicMessages, First: record}, {ID: "door", Stage: ingest, First: in(6, 2)}, {ID: "others", Stage: ingest, First: in(0, 2)},
	}, nil)
	if err != nil || string(originals[0].Bytes) != "record" || string(originals[1].Bytes) != "received" || string(originals[2].Bytes) != "x" {
		t.Errorf("all at once: %v %v", originals, err)
	}
	letter, err := l.ReadAt(t.Context(), home, 4)
	if err != nil || letter == nil || letter.ID != "late" {
		t.Errorf("at its own place: %+v %v", letter, err)
	}
	if letter, err := l.ReadAt(t.Context(), home, 3); err == nil {
		t.Errorf("no letter: %+v", letter)
	}
	if letter, err := l.ReadAt(t.Context(), home, 99); err != nil || letter != nil {
		t.Errorf("nothing there: %+v %v", letter, err)
	}
}
