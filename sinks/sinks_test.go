package sinks

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// history fills a world with a random past: copies, conflicts, records that
// cannot be read, rows that are refused.
func history(w *world, dice *rand.Rand, partitions int) {
	for range 5 + dice.IntN(60) {
		e := event.Event{
			Type: event.TypeMessage, ShopID: "s", UserID: "u", ID: fmt.Sprint("m", dice.IntN(8)),
			ConvID: "c", From: event.RoleUser, Text: []string{"a", "b", "refuse me"}[dice.IntN(3)],
			TS: 1_790_000_000_000 + int64(dice.IntN(2)), Test: dice.IntN(5) == 0,
		}
		if dice.IntN(3) == 0 {
			e = event.Event{Type: event.TypeBehavior, ShopID: "s", UserID: "u", ID: e.ID, Name: e.Text, TS: e.TS}
		}
		r := recordOf(e, dice.IntN(4) == 0)
		if dice.IntN(10) == 0 {
			r.Value = []byte("{")
		}
		w.append(int32(e.ID[1])%int32(partitions), r)
	}
}

// truth is what must come of a world's logs, from the contract alone: receipts
// by place and facts by identity.
func truth(w *world) (receipts map[string]Outcome, facts map[event.IdentityHash]event.Position) {
	receipts, facts = map[string]Outcome{}, map[event.IdentityHash]event.Position{}
	first := map[event.IdentityHash]event.Copy{}
	for p, log := range w.logs {
		for _, r := range log {
			place := fmt.Sprint(p.Topic, p.Index, r.Offset)
			e, v, err := event.Open(r.Headers, r.Value)
			if err != nil {
				receipts[place] = Quarantined
				continue
			}
			known, seen := first[v.Identity]
			switch {
			case seen && v.Copy.Same(known):
				receipts[place] = Duplicate
			case seen:
				receipts[place] = Conflict
			case e.Text == "refuse me" || e.Name == "refuse me":
				receipts[place] = Quarantined
			default:
				receipts[place] = Fresh
				first[v.Identity], facts[v.Identity] = v.Copy, event.At(0, r.Offset)
			}
		}
	}
	return receipts, facts
}

// differences compares a world with its truth.
func differences(w *world) []string {
	var out []string
	outcomes, positions := truth(w)
	got := map[string]Outcome{}
	for _, row := range w.final(&schema.Receipts) {
		got[fmt.Sprint(row[0], row[1], row[2])] = Outcome(row[3].(string))
	}
	if !maps.Equal(got, outcomes) {
		out = append(out, fmt.Sprintf("receipts %v\nwant %v", got, outcomes))
	}
	stored := map[event.IdentityHash]event.Position{}
	for _, t := range []*schema.Table{&schema.Messages, &schema.Behaviors} {
		for _, row := range w.final(t) {
			stored[identity(t, row)] = event.Position(column[int64](t, row, "raw_position"))
		}
	}
	if !maps.Equal(stored, positions) {
		out = append(out, fmt.Sprintf("facts %v\nwant %v", stored, positions))
	}
	letters := map[string]bool{}
	for _, l := range w.letters {
		letters[fmt.Sprint(l.Topic, l.Partition, l.Offset)] = true
	}
	for place, outcome := range outcomes {
		if want := outcome == Conflict || outcome == Quarantined; letters[place] != want {
			out = append(out, fmt.Sprintf("%s is %s: letter %v, want %v", place, outcome, letters[place], want))
		}
	}
	return out
}

// small is a configuration whose memories overflow at once.
func small(dice *rand.Rand) Config {
	c := DefaultConfig()
	c.BatchRows = 1 + dice.IntN(20)
	c.Remembered, c.RecentCopies = 4+dice.IntN(8), 2+dice.IntN(4)
	return c
}

// live plays a world to its end through crashes.
func live(t testing.TB, w *world, dice *rand.Rand, change func(*Sink, *fakeSource)) {
	for life := 0; ; life++ {
		if life == 200 {
			t.Fatal("never drained")
		}
		w.fuse = dice.IntN(25)
		if life > 20 {
			w.fuse = -1
		}
		w.run(t, small(dice), change)
		if w.drained() {
			return
		}
	}
}

func TestAnyBatchingCrashAndTrouble(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		dice := rand.New(rand.NewPCG(seed, 2))
		w := newWorld(seed)
		w.away = float64(dice.IntN(3)) / 10
		history(w, dice, 1+dice.IntN(3))
		live(t, w, dice, nil)
		for _, d := range differences(w) {
			rt.Error(d)
		}
	})
}

// TestCommitBeforeInsertIsCaught plants the bug that the order of the steps
// prevents, and wants the comparison above to see it.
func TestCommitBeforeInsertIsCaught(t *testing.T) {
	for seed := range uint64(50) {
		dice := rand.New(rand.NewPCG(seed, 2))
		w := newWorld(seed)
		history(w, dice, 2)
		live(t, w, dice, func(_ *Sink, s *fakeSource) { s.eager = true })
		if len(differences(w)) > 0 {
			return
		}
	}
	t.Error("committing before inserting went unnoticed")
}

func TestRewoundLogSaysTheSameAgain(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 3))
	w := newWorld(3)
	history(w, dice, 2)
	for range 3 {
		clear(w.committed)
		w.run(t, small(dice), nil)
	}
	if d := differences(w); len(d) > 0 {
		t.Error(d)
	}
}

func TestDerivedRowsAndLetters(t *testing.T) {
	w := newWorld(1)
	put := func(topic, value string) { w.append(0, Record{Topic: topic, Value: []byte(value)}) }
	put(event.TopicMessageScores, `{"shop_id":"s","user_id":"u","event_id":"m","ts":-1,"intent_path":null,"evidence":0.5,"buyScore":0.7,"version":9}`)
	put(event.TopicMessageScores, `{"shop_id":"s","user_id":"u","event_id":"refuse me"}`)
	put(event.TopicTouches, `{"shop_id":"s","order_id":"o","user_id":"u","touches":[{"conv_id":"c","touch_at":5,"explicit":true,"rank_last":1,"rank_first":2,"buyScore":0.1}],"version":9}`)
	put(event.TopicTouches, `[]`)
	put(event.TopicDeadLetters, `{"id":"i","stage":"ingest","reason":"malformed"}`)
	put(event.TopicDeadLetters, `{"id":"j","stage":"process","reason":"undecodable","topic":"messages.v1","partition":2,"offset":7}`)
	put(event.TopicDeadLetters, `null`)
	w.run(t, DefaultConfig(), nil)

	if n := len(w.final(&schema.MessageScores)); n != 1 {
		t.Errorf("%d scores, want 1", n)
	}
	if n := len(w.final(&schema.Touches)); n != 1 {
		t.Errorf("%d touches, want 1", n)
	}
	places := map[string]bool{}
	for _, row := range w.final(&schema.DeadLetters) {
		places[fmt.Sprint(row[0], row[9:])] = true
	}
	if !places["i[deadletters.v1 0 0]"] || !places["j[messages.v1 2 7]"] || len(places) != 2 {
		t.Errorf("letters' places are %v", places)
	}
	var set []string
	for _, l := range w.letters {
		set = append(set, fmt.Sprint(l.Topic, l.Offset, l.Stage, l.Reason))
	}
	slices.Sort(set)
	want := []string{"deadletters.v12sinkundecodable", "message_scores.v11sinkrefused_row", "touches.v11sinkundecodable"}
	if !slices.Equal(set, want) {
		t.Errorf("set aside %v, want %v", set, want)
	}
	if len(w.tables[schema.Receipts.Name]) != 0 {
		t.Error("only raw records leave receipts")
	}
}

func TestEqualEventsSetAsideAreOneLetter(t *testing.T) {
	w := newWorld(1)
	e := event.Event{Type: event.TypeMessage, ShopID: "s", UserID: "u", ID: "m", ConvID: "c", From: event.RoleUser, Text: "first", TS: 1}
	w.append(0, recordOf(e, false))
	e.Text = "second"
	w.append(0, recordOf(e, true))
	e.TS = 2 // arrived again later
	w.append(0, recordOf(e, true))
	e.Text = "third"
	w.append(0, recordOf(e, true))
	w.run(t, DefaultConfig(), nil)
	ids := map[string]int{}
	for _, l := range w.letters {
		ids[l.ID]++
	}
	if len(w.letters) != 3 || len(ids) != 2 {
		t.Errorf("%d letters with ids %v, want 3 with 2", len(w.letters), ids)
	}
}

func TestCutsAreNoted(t *testing.T) {
	w := newWorld(1)
	w.cuts = []Cut{{event.TopicMessages, 3, 1, 9, 5}}
	w.run(t, DefaultConfig(), func(s *Sink, _ *fakeSource) {
		s.deps.Offsets, s.deps.Epochs = w, map[string]int64{event.TopicMessages: 4}
		if err := s.noteCut(t.Context()); err != nil {
			t.Error(err)
		}
	})
	want := fmt.Sprint([]any{event.TopicMessages, int32(3), int64(4), int64(1), int64(9), int64(5), int64(1_800_000_100_000)})
	if len(w.tables[schema.OffsetCuts.Name]) == 0 || fmt.Sprint(w.tables[schema.OffsetCuts.Name][0]) != want {
		t.Errorf("cuts %v, want %s", w.tables[schema.OffsetCuts.Name], want)
	}
}

func TestConfigReportsEveryProblem(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	err := Config{BackoffMax: -time.Second}.Validate()
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 7 {
		t.Errorf("got %v, want seven problems", err)
	}
}
