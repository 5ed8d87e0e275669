package sinks

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// item is a record on its way through a batch.
type item struct {
	record *Record
	at     event.Position
	table  *schema.Table // of its row, nil when it cannot be read
	row    []any

	// Of raw records:
	raw      bool
	event    *event.Event
	envelope *event.Envelope
	outcome  Outcome

	letter *event.DeadLetter // set when it is to be set aside
	erased bool              // it is about a shopper who was erased: left out
}

// open reads a record and makes the row that it would become.
func (s *Sink) open(r *Record) *item {
	i := &item{record: r, at: event.At(s.deps.Epochs[r.Topic], r.Offset)}
	if i.table = facts(r.Topic); i.table != nil {
		i.raw = true
	}
	if err := s.read(i); err != nil {
		i.table = nil
		s.setAside(i, event.ReasonUndecodable, err.Error())
		i.erased = s.deps.Erasures.LetterGone(i.letter)
	}
	if i.erased {
		s.leaveOut(i)
	}
	return i
}

func (s *Sink) read(i *item) error {
	switch i.record.Topic {
	case event.TopicMessageScores:
		return readRow(i, &schema.MessageScores, func(m *event.MessageScore) ([]any, bool) {
			i.erased = s.deps.Erasures.ShopperGone(event.Shopper{ShopID: m.ShopID, UserID: m.UserID}, m.TS)
			return ScoreRow(m), m.EventID != ""
		})
	case event.TopicTouches:
		return readRow(i, &schema.Touches, func(o *event.OrderTouches) ([]any, bool) {
			i.erased = s.deps.Erasures.TouchesGone(o)
			return TouchesRow(o), o.OrderID != ""
		})
	case event.TopicSecondOpinions:
		return readRow(i, &schema.SecondOpinions, func(o *event.SecondOpinion) ([]any, bool) {
			i.erased = s.deps.Erasures.ShopperGone(event.Shopper{ShopID: o.ShopID, UserID: o.UserID}, o.TS)
			return opinionRow(o, i.at), o.EventID != "" && o.Scorer != ""
		})
	case event.TopicShadowScores:
		return readRow(i, &schema.ShadowScores, func(m *event.ShadowScore) ([]any, bool) {
			i.erased = s.deps.Erasures.ShopperGone(event.Shopper{ShopID: m.ShopID, UserID: m.UserID}, m.TS)
			return shadowRow(m), m.EventID != "" && m.ModelID != ""
		})
	case event.TopicDeadLetters:
		return readRow(i, &schema.DeadLetters, func(l *event.DeadLetter) ([]any, bool) {
			i.erased = s.deps.Erasures.LetterGone(l)
			topic, index, offset := l.Topic, l.Partition, l.Offset
			if topic == "" { // the door's: its own place is all it has
				topic, index, offset = event.TopicDeadLetters, i.record.Partition, i.record.Offset
			}
			return letterRow(l, topic, index, event.At(s.deps.Epochs[topic], offset)), l.ID != ""
		})
	}
	if i.table == nil {
		return fmt.Errorf("topic %s has no table", i.record.Topic)
	}
	e, v, err := event.Open(i.record.Headers, i.record.Value)
	if err != nil {
		return err
	}
	if e.Type.Topic() != i.record.Topic {
		return fmt.Errorf("event of type %s is in topic %s", e.Type, i.record.Topic)
	}
	v.Copy.TS = storable(v.Copy.TS) // as facts will have it
	i.event, i.envelope = e, v
	i.erased = s.deps.Erasures.EventGone(e)
	i.row = factRow(i.record, i.at, e, v)
	return nil
}

var errNoKey = errors.New("row has no key")

func readRow[T any](i *item, t *schema.Table, row func(*T) ([]any, bool)) error {
	var v T
	if err := json.Unmarshal(i.record.Value, &v); err != nil {
		return fmt.Errorf("decode row: %w", err)
	}
	var keyed bool
	if i.row, keyed = row(&v); !keyed {
		return errNoKey
	}
	i.table = t
	return nil
}

func (i *item) candidate() candidate {
	return candidate{i.envelope.Identity, i.envelope.Copy, i.at}
}

// source is the door that the record came through, as far as it can be read.
func (i *item) source() string {
	for _, h := range i.record.Headers {
		if h.Key == event.HeaderSource {
			return strings.ToValidUTF8(string(h.Value), "?")
		}
	}
	return ""
}

func (i *item) receipt() []any {
	var id event.IdentityHash
	var shop string
	if i.event != nil {
		shop = i.event.ShopID
	}
	if i.event != nil && !i.erased { // who knows an event's ids knows its identity
		id = i.envelope.Identity
	}
	return receiptRow(i.record.Topic, i.record.Partition, i.at, i.outcome, i.source(), shop, id, i.record.Time.UnixMilli())
}
