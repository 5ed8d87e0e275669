package conversation

import (
	"fmt"
	"testing"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// longState is that of a shopper in the middle of a long conversation, with ids
// as askbuy makes them.
func longState() *State {
	s := &State{}
	for n := range turn.Rounds {
		id := fmt.Sprintf("chat:%032x", 1<<60+n)
		for _, e := range turnOf(n, turn.RouteFAQ) {
			e.ConvID = fmt.Sprintf("chat-%032x", 7<<40)
			switch {
			case e.Reply != nil:
				e.Reply.QuestionID, e.Reply.Dialogue, e.Reply.Slots = id, "", nil
			case e.From == event.RoleBot:
				e.ID, e.Text = id+answerSuffix, "签收七天内可以无理由退换,质量问题由我们承担运费。"
			default:
				e.ID, e.Text = id, "签收以后多少天之内可以无理由退换货,来回的运费由谁来承担"
			}
			s.Apply(e)
		}
	}
	return s
}

// What the group does with the state at each record, and a question once.
func BenchmarkState(b *testing.B) {
	s := longState()
	raw, err := Encode(s)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Encode(s); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("turn", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Turn()
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	e := message("chat:m_1", event.RoleUser, "签收以后多少天之内可以无理由退换货,来回的运费由谁来承担", at)
	value, err := event.Encode(e)
	if err != nil {
		b.Fatal(err)
	}
	envelope := event.Envelope{Identity: e.Identity(), Copy: event.NewFingerprinter(make([]byte, 32)).Copy(e, false), Source: "reply"}
	headers := envelope.Headers()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := openSafely(headers, value); err != nil {
			b.Fatal(err)
		}
	}
}
