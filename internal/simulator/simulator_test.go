package simulator

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"askbuy/internal/simulator/doortest"
	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var endOfTest = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func options(noise Noise, conversations int) Options {
	o := DefaultOptions(endOfTest)
	o.Seed, o.Noise, o.Conversations, o.PersonalData = 7, noise, conversations, true
	return o
}

func simulate(t *testing.T, o Options) *Simulation {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const secret = "a secret of at least thirty-two bytes"

// playTo plays a simulation against a door and returns what the door counted.
func playTo(t *testing.T, s *Simulation, flaw func(int) int) (*doortest.Door, *Result) {
	t.Helper()
	door := &doortest.Door{APIKey: "key", CozeSecret: secret, Now: func() time.Time { return endOfTest.Add(time.Hour) }, Flaw: flaw}
	server := httptest.NewServer(door)
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	r, err := s.Play(context.Background(), PlayOptions{
		URL: server.URL, APIKey: "key", CozeSecret: secret, Client: client,
		Now:   func() time.Time { return endOfTest.Add(time.Hour) },
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if err != nil {
		t.Fatal(err)
	}
	return door, r
}

// arrived checks that the door holds the truth: every event, every letter,
// and all conflicts.
func arrived(t *testing.T, s *Simulation, door *doortest.Door) {
	t.Helper()
	want := s.Truth()
	if got := len(door.Events); got != len(want.Events) {
		t.Errorf("%d events arrived, want %d", got, len(want.Events))
	}
	if got, w := sorted(door.Events), sorted(want.Events); !reflect.DeepEqual(got, w) {
		for i := range min(len(got), len(w)) {
			if !reflect.DeepEqual(got[i], w[i]) {
				t.Fatalf("event differs:\nhave %+v\nwant %+v", got[i], w[i])
			}
		}
	}
	var letters []truth.Letter
	for _, l := range door.Letters {
		letters = append(letters, truth.Letter(l))
	}
	byText := func(a, b truth.Letter) int {
		return strings.Compare(string(a.Reason)+a.ShopID+a.EventID, string(b.Reason)+b.ShopID+b.EventID)
	}
	slices.SortFunc(letters, byText)
	slices.SortFunc(want.Letters, byText)
	if !slices.Equal(letters, want.Letters) {
		t.Errorf("letters differ: have %d, want %d", len(letters), len(want.Letters))
	}
	for _, l := range want.Ledger {
		if got := door.Conflicts[l.Topic]; got < l.Conflicts {
			t.Errorf("%s: %d conflicts, want at least %d", l.Topic, got, l.Conflicts)
		}
	}
}

// sorted orders events by what they are, and forgets the ids of anonymous
// messages, which the door made up.
func sorted(events []event.Event) []event.Event {
	out := slices.Clone(events)
	for i := range out {
		if e := &out[i]; e.Type == event.TypeMessage && e.ID[:min(1, len(e.ID))] != "m" && !strings.HasPrefix(e.ID, "same-") {
			e.ID = ""
		}
	}
	key := func(e event.Event) string {
		return strings.Join([]string{e.ShopID, string(e.Type), e.Owner(), e.ID, e.ConvID, string(e.From), time.UnixMilli(e.TS).String()}, "\x00")
	}
	slices.SortFunc(out, func(a, b event.Event) int { return strings.Compare(key(a), key(b)) })
	return out
}

func TestEverythingArrives(t *testing.T) {
	for _, noise := range []Noise{NoiseNone, NoiseDefault, NoiseStorm} {
		t.Run(string(noise), func(t *testing.T) {
			s := simulate(t, options(noise, 400))
			door, r := playTo(t, s, nil)
			arrived(t, s, door)
			for _, u := range r.Unexpected {
				t.Error(u)
			}
			if r.Requests != int64(s.Requests()) || r.Retries != 0 {
				t.Errorf("%d requests and %d retries, want %d and none", r.Requests, r.Retries, s.Requests())
			}
		})
	}
}

func TestADoorThatFailsIsRiddenOut(t *testing.T) {
	s := simulate(t, options(NoiseStorm, 300))
	dice := rand.New(rand.NewPCG(1, 2))
	door, r := playTo(t, s, func(int) int {
		return []int{0, 0, 0, 503, 429, 500, doortest.Lost}[dice.IntN(7)]
	})
	arrived(t, s, door)
	if r.Err() != nil || r.Retries == 0 {
		t.Errorf("want retries and no wrong answer, have %d retries, %v", r.Retries, r.Err())
	}
}

func TestAWrongKeyStopsAtOnce(t *testing.T) {
	s := simulate(t, options(NoiseNone, 20))
	door := httptest.NewServer(&doortest.Door{APIKey: "another", Now: time.Now})
	defer door.Close()
	client := door.Client()
	defer client.CloseIdleConnections()
	r, err := s.Play(context.Background(), PlayOptions{URL: door.URL, APIKey: "key", CozeSecret: secret, Client: client})
	if err == nil || !strings.Contains(err.Error(), "check --url") {
		t.Errorf("want an error with the next step, have %v", err)
	}
	if r.Err() == nil {
		t.Error("want the wrong answer in the result")
	}
}

func TestPatienceEnds(t *testing.T) {
	s := simulate(t, options(NoiseNone, 5))
	now := endOfTest
	_, err := s.Play(context.Background(), PlayOptions{
		URL: "http://door", APIKey: "key", CozeSecret: secret, Workers: 1,
		Client: &http.Client{Transport: refusing{}},
		Now:    func() time.Time { return now },
		Sleep:  func(_ context.Context, d time.Duration) error { now = now.Add(d); return nil }})
	if !errors.Is(err, errRefused) || now.Sub(endOfTest) > 3*time.Minute {
		t.Errorf("want connection refused within three minutes, have %v after %s", err, now.Sub(endOfTest))
	}
}

var errRefused = errors.New("connection refused")

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errRefused }

func TestRateHoldsBack(t *testing.T) {
	p := pace{rate: 10, start: endOfTest}
	p.next(5, endOfTest)
	if got := p.next(1, endOfTest); got != 500*time.Millisecond {
		t.Errorf("the sixth event waits %s, want 500ms", got)
	}
}

func TestNoiseNeverChangesTheTruth(t *testing.T) {
	calm, storm := simulate(t, options(NoiseNone, 200)).Truth(), simulate(t, options(NoiseStorm, 200)).Truth()
	if !reflect.DeepEqual(calm.Events, storm.Events) {
		t.Error("the events differ")
	}
	if len(calm.Letters) != 0 || len(storm.Letters) == 0 {
		t.Errorf("want letters in the storm alone, have %d and %d", len(calm.Letters), len(storm.Letters))
	}
}

func TestASeedIsAWorld(t *testing.T) {
	o := options(NoiseStorm, 100)
	first, again := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, again} {
		if err := simulate(t, o).WriteTruth(dir); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(first)
	if err != nil || len(files) != 14 {
		t.Fatalf("want 14 files, have %d, %v", len(files), err)
	}
	for _, f := range files {
		a, _ := os.ReadFile(filepath.Join(first, f.Name()))
		b, _ := os.ReadFile(filepath.Join(again, f.Name()))
		if len(a) == 0 || !bytes.Equal(a, b) {
			t.Errorf("%s: empty or not the same", f.Name())
		}
	}
	o.Seed++
	if other := simulate(t, o).Truth(); other.Meta.ShopIDs[0] == simulate(t, options(NoiseStorm, 1)).Truth().Meta.ShopIDs[0] {
		t.Error("another seed has the same shops")
	}
}

func TestTruthIsReadAsItWasWritten(t *testing.T) {
	dir, want := t.TempDir(), simulate(t, options(NoiseStorm, 100)).Truth()
	if err := truth.Write(dir, want); err != nil {
		t.Fatal(err)
	}
	got, err := truth.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(sorted(got.Events), sorted(want.Events)) || !reflect.DeepEqual(got.Meta, want.Meta) || len(got.Letters) != len(want.Letters) {
		t.Error("the truth came back changed")
	}
	if _, err := truth.Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "askbuy simulate") {
		t.Errorf("want an error with the next step, have %v", err)
	}
}

func TestNDJSON(t *testing.T) {
	o := options(NoiseDefault, 100)
	o.EventsOnly = true
	s := simulate(t, o)
	var b bytes.Buffer
	if err := s.WriteNDJSON(&b); err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(b.Bytes(), []byte("\n")); lines < s.Events() {
		t.Errorf("%d lines for %d events", lines, s.Events())
	}
	if err := simulate(t, options(NoiseNone, 1)).WriteNDJSON(&b); err == nil {
		t.Error("want an error for events of /coze")
	}
}

func TestOptionsNameEveryProblem(t *testing.T) {
	err := (&Options{Noise: "loud"}).Validate()
	for _, field := range []string{"conversations", "shops", "period", "noise"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("want %s named, have %v", field, err)
		}
	}
}

// TestTheWorldHasItsTraps looks for what every trap is there for.
func TestTheWorldHasItsTraps(t *testing.T) {
	want := simulate(t, options(NoiseStorm, 3000)).Truth()
	d := truth.Derive(want.Events, nil, nil)
	found := map[string]bool{}
	for _, o := range d.Orders {
		found["unmatched name"] = found["unmatched name"] || o.ExplicitUnmatched == 1
		found["order without touch"] = found["order without touch"] || o.PaidAt != nil && o.Touches == 0
		found["order beyond the window"] = found["order beyond the window"] || o.Touches > 0 && o.ConvID == ""
		found["many touches"] = found["many touches"] || o.Touches > 2
		found["over-refunded"] = found["over-refunded"] || o.RefundedAmount > o.Amount && o.PaidAt != nil
		found["partly refunded"] = found["partly refunded"] || o.RefundedAmount > 0 && o.NetAmount > 0
		found["cancelled after payment"] = found["cancelled after payment"] || o.CancelledAt != nil && o.PaidAt != nil
		found["never paid"] = found["never paid"] || o.PaidAt == nil
		found["no currency"] = found["no currency"] || o.Currency == ""
	}
	for _, c := range d.Conversations {
		found["several orders"] = found["several orders"] || c.Orders > 1
		found["other currency"] = found["other currency"] || c.OtherCurrencyOrders > 0
		found["ordered, not kept"] = found["ordered, not kept"] || c.IsOrdered == 1 && c.IsKept == 0
		found["carted"] = found["carted"] || c.IsCarted == 1
		found["in an experiment"] = found["in an experiment"] || c.Experiment != ""
	}
	for _, touch := range d.Touches {
		gap := int64(touch.OrderAt - touch.TouchAt)
		found["72 h exactly"] = found["72 h exactly"] || gap == window.Milliseconds()
		found["72 h and 1 ms"] = found["72 h and 1 ms"] || gap == window.Milliseconds()+1
		found["30 d exactly"] = found["30 d exactly"] || gap == months.Milliseconds()
		found["gap 0"] = found["gap 0"] || gap == 0
		found["named, not the last"] = found["named, not the last"] || touch.Evidence == "explicit" && touch.RankFirst < touch.Touches
	}
	for _, m := range d.Messages {
		found["test message"] = found["test message"] || m.IsTest == 1
		found["anonymous message"] = found["anonymous message"] || m.EventID == ""
		found["personal data"] = found["personal data"] || strings.Contains(m.Text, canaries[0])
	}
	for _, l := range want.Letters {
		found[string(l.Reason)] = true
	}
	for _, reason := range []event.Reason{event.ReasonMalformed, event.ReasonUnknownType, event.ReasonMissingField, event.ReasonBadField, event.ReasonFutureTS, event.ReasonConflict} {
		found[string(reason)] = found[string(reason)] || false
	}
	for what, ok := range found {
		if !ok {
			t.Errorf("no %s", what)
		}
	}
	span := endOfTest.Add(-DefaultPeriod).UnixMilli()
	for _, e := range want.Events {
		if e.TS < span || e.TS > endOfTest.UnixMilli() {
			t.Fatalf("event outside the period: %+v", e)
		}
	}
}
