package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"pgregory.net/rapid"

	"askbuy/ingest/dedup"
	"askbuy/schemas/event"
)

// accept takes items that must all become durable.
func accept(t *testing.T, a *Acceptor, items ...Item) []Outcome {
	t.Helper()
	got, err := a.Accept(t.Context(), "events", testArrival, items)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAcceptPublishesWhatTheSinkNeeds(t *testing.T) {
	b := &fakeBroker{}
	a := newAcceptor(t, b)
	item := saying("m1", "有优惠券吗")
	item.NoTS = true
	accept(t, a, item)
	r := b.records(event.TopicMessages)[0]
	e, v := open(t, r)
	if !reflect.DeepEqual(*e, item.Event) || string(r.Key) != "1:su" || !r.Time.Equal(testArrival) ||
		v.Source != "events" || v.MaybeDuplicate || !v.Copy.NoTS || v.Copy.Body == [16]byte{} {
		t.Errorf("record %+v, event %+v, envelope %+v", r, e, v)
	}
}

func TestAcceptTellsCopiesApart(t *testing.T) {
	b := &fakeBroker{}
	a := newAcceptor(t, b)
	want := func(o Outcome, i Item) {
		t.Helper()
		if got := accept(t, a, i); got[0] != o {
			t.Errorf("%s: %v, want %v", i.Raw, got[0], o)
		}
	}
	want(Accepted, saying("m1", "a"))
	want(Duplicate, saying("m1", "a"))
	want(Conflict, saying("m1", "b"))
	want(Conflict, saying("m1", "b"))
	want(Quarantined, itemOf(`{"type":"note"}`))
	if n := len(b.records(event.TopicMessages)); n != 3 {
		t.Errorf("%d records, want the first and both conflicts", n)
	}
}

func TestAcceptWithinOneBatch(t *testing.T) {
	b := &fakeBroker{}
	a := newAcceptor(t, b)
	got := accept(t, a, saying("m1", "a"), saying("m1", "a"), itemOf(`5`), saying("m1", "b"), saying("m2", "a"), saying("m1", "a"))
	want := []Outcome{Accepted, Duplicate, Quarantined, Conflict, Accepted, Duplicate}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	records := b.records(event.TopicMessages)
	if e, _ := open(t, records[len(records)-1]); e.Text != "b" {
		t.Error("the conflict was published before its event was durable")
	}
}

func TestAcceptMarksNothingBeforeItsAck(t *testing.T) {
	b := &fakeBroker{answer: func(Record) error { return errBroker }}
	a := newAcceptor(t, b)
	if _, err := a.Accept(t.Context(), "events", testArrival, []Item{saying("m1", "a")}); !errors.Is(err, ErrNotDurable) || !errors.Is(err, errBroker) {
		t.Fatal(err)
	}
	b.answer = nil
	if got := accept(t, a, saying("m1", "a")); got[0] != Accepted {
		t.Errorf("the retry after a failure is %v", got[0])
	}
}

// The request gives up, its record is stored all the same: the retry is a
// duplicate.
func TestAcceptRemembersLateAcks(t *testing.T) {
	b := &fakeBroker{hold: true}
	a := newAcceptor(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Accept(ctx, "events", testArrival, []Item{saying("m1", "a")}); !errors.Is(err, ErrNotDurable) {
		t.Fatal(err)
	}
	if _, err := a.Accept(ctx, "events", testArrival, []Item{saying("m1", "a")}); !errors.Is(err, ErrNotDurable) {
		t.Fatalf("a copy under way was answered: %v", err)
	}
	b.release()
	if got := accept(t, a, saying("m1", "a")); got[0] != Duplicate {
		t.Errorf("the retry after a late ack is %v", got[0])
	}
	if n := len(b.records(event.TopicMessages)); n != 1 {
		t.Errorf("%d records", n)
	}
}

// A copy under way fails: who waited for it takes over.
func TestAcceptTakesOver(t *testing.T) {
	first := true
	b := &fakeBroker{hold: true, answer: func(Record) error {
		defer func() { first = false }()
		if first {
			return errBroker
		}
		return nil
	}}
	a := newAcceptor(t, b)
	var wg sync.WaitGroup
	var outcomes [2][]Outcome
	var errs [2]error
	for i := range 2 {
		wg.Go(func() { outcomes[i], errs[i] = a.Accept(t.Context(), "events", testArrival, []Item{saying("m1", "a")}) })
	}
	for ; ; runtime.Gosched() { // until both have asked: one publishes, one waits
		if testutil.ToFloat64(a.metrics.dedupe[dedup.Pending])+testutil.ToFloat64(a.metrics.dedupe[dedup.New]) == 2 {
			break
		}
	}
	b.release()
	wg.Wait()
	loser := 0
	if errs[0] == nil {
		loser = 1
	}
	if !errors.Is(errs[loser], errBroker) || errs[1-loser] != nil || outcomes[1-loser][0] != Accepted {
		t.Errorf("outcomes %v, errors %v", outcomes, errs)
	}
}

func TestAcceptFlagsWhatItCannotSettle(t *testing.T) {
	b := &fakeBroker{}
	filter, err := dedup.NewFilter(dedup.Config{MemoryBytes: 1 << 20, Horizon: time.Hour, Generations: 2, FalsePositive: 0.999999}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewAcceptor(b, filter, make([]byte, 32), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	var items []Item
	for n := range 10_000 {
		items = append(items, saying(fmt.Sprint("m", n), "a"))
	}
	for _, some := range [][]Item{items[:5000], items[5000:]} {
		for _, o := range accept(t, a, some...) {
			if o != Accepted {
				t.Fatalf("a new event is %v", o)
			}
		}
	}
	flagged := 0
	for _, r := range b.records(event.TopicMessages) {
		if _, v := open(t, r); v.MaybeDuplicate {
			flagged++
		}
	}
	if flagged == 0 || flagged == len(items) {
		t.Errorf("%d of %d flagged", flagged, len(items))
	}
}

func TestAcceptSetsAsideWhatIsTooLarge(t *testing.T) {
	b := &fakeBroker{answer: func(r Record) error {
		if r.Topic == event.TopicMessages && strings.Contains(string(r.Value), "huge") {
			return fmt.Errorf("store: %w", ErrTooLarge)
		}
		return nil
	}}
	a := newAcceptor(t, b)
	if got := accept(t, a, saying("m1", "huge"), saying("m2", "a")); !slices.Equal(got, []Outcome{Quarantined, Accepted}) {
		t.Errorf("got %v", got)
	}
	if l := letters(t, b); len(l) != 1 || l[0].EventID != "m1" || l[0].Reason != event.ReasonBadField {
		t.Errorf("letters %+v", l)
	}
	b.answer = func(Record) error { return ErrTooLarge }
	if _, err := a.Accept(t.Context(), "events", testArrival, []Item{saying("m3", "a")}); !errors.Is(err, ErrNotDurable) {
		t.Errorf("a letter that nobody takes: %v", err)
	}
}

func TestAcceptSetsAsideWhatIsTooDeep(t *testing.T) {
	b := &fakeBroker{}
	deep := strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999)
	deepest := itemOf(with(event.TypeMessage, `"x":`+deep))
	inItem := itemOf(with(event.TypeOrder, `"items":[{"item_id":"i","x":`+deep[2:len(deep)-2]+`}]`))
	if inItem.Fault != nil {
		t.Fatal(inItem.Fault)
	}
	shallower := itemOf(with(event.TypeMessage, `"x":`+deep[1:len(deep)-1]))
	got := accept(t, newAcceptor(t, b), deepest, inItem, shallower)
	if !slices.Equal(got, []Outcome{Quarantined, Quarantined, Accepted}) {
		t.Errorf("got %v", got)
	}
}

func letters(t *testing.T, b *fakeBroker) []event.DeadLetter {
	t.Helper()
	var all []event.DeadLetter
	for _, r := range b.records(event.TopicDeadLetters) {
		var l event.DeadLetter
		if err := json.Unmarshal(r.Value, &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

func TestLetters(t *testing.T) {
	b := &fakeBroker{}
	raw := `{"type":"message","event_id":"m1","shop_id":"s","x":1.50}`
	accept(t, newAcceptor(t, b), itemOf(raw))
	l := letters(t, b)[0]
	want := event.DeadLetter{ID: l.ID, Stage: event.StageIngest, Reason: event.ReasonMissingField, Detail: "user_id: required",
		Source: "events", ShopID: "s", Type: "message", EventID: "m1", ReceivedAt: testArrival.UnixMilli(), Bytes: []byte(raw)}
	if !reflect.DeepEqual(l, want) || len(l.ID) != 32 {
		t.Errorf("got %+v", l)
	}
}

func TestEqualFaultsAreOneLetter(t *testing.T) {
	hasher := event.NewFingerprinter(make([]byte, 32))
	id := func(raw string) string {
		i := itemOf(raw)
		return letterID(hasher, &i, "events")
	}
	if i := itemOf(`{}`); letterID(hasher, &i, "a") == letterID(hasher, &i, "b") {
		t.Error("what two sources say is one letter")
	}
	f := func(same bool, a, b string) {
		t.Helper()
		if (id(a) == id(b)) != same {
			t.Errorf("%s and %s: one letter should be %v", a, b, same)
		}
	}
	f(true, `{"type":"note","a":1}`, ` { "a" : 1.0, "typ\u0065":"note"}`)
	f(true, `{"a":[1e2,{"c":0,"b":-0}]}`, `{"a":[100,{"b":0.0,"c":0e5}]}`)
	f(true, `{"a":"\u4f60\/"}`, `{"a":"你/"}`)
	f(false, `{"a":12345678901234567890}`, `{"a":12345678901234567891}`)
	f(false, `{"a":1}`, `{"a":-1}`)
	f(false, `{"a":[1,2]}`, `{"a":[2,1]}`)
	f(false, `{"a":1}`, `{"a":"1"}`)
	f(false, `{"type":"note","shop_id":"a"}`, `{"type":"note","shop_id":"b"}`)
	f(true, `{"a":1,`, `{"a":1,`)
	f(false, `{"a":1,`, `{"a":1, `)
}

func TestEventsWithoutIDAreNamedByTheirContent(t *testing.T) {
	b := &fakeBroker{}
	a := newAcceptor(t, b)
	say := func(after time.Duration, text string, ts int64) (Outcome, event.Event) {
		t.Helper()
		i := saying("", text)
		i.Fault, i.NoTS, i.Event.TS = nil, ts == 0, ts
		items := []Item{i}
		got, err := a.Accept(t.Context(), "coze", testArrival.Add(after), items)
		if err != nil {
			t.Fatal(err)
		}
		return got[0], items[0].Event
	}
	o, first := say(0, "a", 5)
	if o != Accepted || len(first.ID) != 32 {
		t.Errorf("%v %q", o, first.ID)
	}
	if o, again := say(time.Hour, "a", 5); o != Duplicate || again.ID != first.ID {
		t.Errorf("the same said at the same time: %v", o)
	}
	if o, _ := say(0, "a", 6); o != Accepted {
		t.Errorf("the same said at another time: %v", o)
	}
	for _, step := range []struct {
		after time.Duration
		text  string
		want  Outcome
	}{{0, "b", Accepted}, {9 * time.Second, "b", Duplicate}, {9 * time.Second, "c", Accepted}, {10 * time.Second, "b", Duplicate}, {11 * time.Second, "b", Accepted}} {
		if o, _ := say(step.after, step.text, 0); o != step.want {
			t.Errorf("%s after %v: %v, want %v", step.text, step.after, o, step.want)
		}
	}
}

// Whatever fails and is sent again, all that was answered is in the log, and
// every answer is true.
func TestAcceptLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fails := rapid.SliceOfN(rapid.Bool(), 400, 400).Draw(t, "fails")
		n := 0
		b := &fakeBroker{}
		b.answer = func(Record) error { // called under the broker's lock
			if n++; fails[n%len(fails)] {
				return errBroker
			}
			return nil
		}
		filter, err := dedup.NewFilter(dedup.DefaultConfig(), func() time.Time { return testArrival })
		if err != nil {
			t.Fatal(err)
		}
		a, err := NewAcceptor(b, filter, make([]byte, 32), prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 30).Draw(t, "requests") {
			checkRequest(t, a, b)
		}
	})
}

func checkRequest(t *rapid.T, a *Acceptor, b *fakeBroker) {
	var items []Item
	for range rapid.IntRange(1, 4).Draw(t, "size") {
		items = append(items, saying(rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "id"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "text")))
	}
	outcomes, err := a.Accept(context.Background(), "events", testArrival, items)
	if err != nil {
		if !errors.Is(err, errBroker) {
			t.Fatal(err)
		}
		return
	}
	log := b.records(event.TopicMessages)
	for i, o := range outcomes {
		value, _ := event.Encode(&items[i].Event)
		stored := slices.ContainsFunc(log, func(r Record) bool { return string(r.Value) == string(value) })
		if !stored {
			t.Fatalf("%v, but %s is not in the log", o, value)
		}
	}
}

func TestMetricsAreSharedWithOtherRooms(t *testing.T) {
	registry := prometheus.NewRegistry()
	letters := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "askbuy_deadletters_total", Help: "Events set aside, by stage and reason."}, []string{"stage", "reason"})
	registry.MustRegister(letters)
	filter, err := dedup.NewFilter(dedup.DefaultConfig(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewAcceptor(&fakeBroker{}, filter, make([]byte, 32), registry)
	if err != nil {
		t.Fatal(err)
	}
	accept(t, a, itemOf(`{"type":"note"}`), saying("m1", "a"), saying("m1", "a"))
	if got := testutil.ToFloat64(letters.WithLabelValues("ingest", "unknown_type")); got != 1 {
		t.Errorf("%v letters", got)
	}
	for labels, want := range map[[2]string]float64{{"message", "accepted"}: 1, {"message", "duplicate"}: 1, {"unknown", "quarantined"}: 1} {
		for o := range outcomeCount {
			if o.String() != labels[1] {
				continue
			}
			if got := testutil.ToFloat64(a.metrics.events[event.Type(labels[0])][o]); got != want {
				t.Errorf("%v: %v, want %v", labels, got, want)
			}
		}
	}
	if _, err := NewAcceptor(&fakeBroker{}, filter, make([]byte, 31), registry); err == nil {
		t.Error("a short key was taken")
	}
}
