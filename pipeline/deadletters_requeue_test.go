package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/report"
)

// fakeDoor answers from a list, one answer a request, and notes the requests.
type fakeDoor struct {
	answers  []string // "status body"
	requests []string
	slept    []time.Duration
}

func (f *fakeDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.requests = append(f.requests, r.URL.Path+" "+r.Header.Get("Authorization")+" "+r.Header.Get("Content-Type")+" "+string(body))
	status, said, _ := strings.Cut(f.answers[0], " ")
	f.answers = f.answers[1:]
	if status != "200" {
		w.Header().Set("Retry-After", "7")
	}
	code := 0
	fmt.Sscan(status, &code) //nolint:errcheck // a test's own text
	w.WriteHeader(code)
	io.WriteString(w, said) //nolint:errcheck // the reader is there
}

func (f *fakeDoor) open(t *testing.T) *Door {
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return &Door{
		URL: server.URL, APIKey: "key", Client: server.Client(),
		Sources: map[string]DoorSource{"hook": {path: "/hooks/hook", sign: func(h http.Header, shop string, body []byte) error {
			h.Set("Authorization", "signed for "+shop+" "+string(body))
			return nil
		}}},
		Sleep: func(_ context.Context, d time.Duration) error { f.slept = append(f.slept, d); return nil },
	}
}

type fakeProducer struct {
	records []kafka.Record
	err     error
}

func (f *fakeProducer) Produce(_ context.Context, r kafka.Record) error {
	f.records = append(f.records, r)
	return f.err
}

func step(id string, at int64, w way, body string) Step {
	return Step{path: "/hooks/hook", Letter: report.DeadLetter{ID: id, ShopID: "s", Source: "hook", ReceivedAt: time.UnixMilli(at)}, way: w, body: []byte(body), record: &kafka.Record{Topic: id}, why: "why not"}
}

func TestRequeueTellsFates(t *testing.T) {
	f := &fakeDoor{answers: []string{
		`200 {"accepted":1,"duplicate":0,"rejected":[]}`, `503 {}`, `200 {"accepted":0,"duplicate":1,"rejected":[]}`,
		`200 {"accepted":0,"duplicate":0,"rejected":[{"index":0,"reason":"future_ts","detail":"ts: more"}]}`, `413 too large`, `200 {}`, `400 {"error":"not json"}`,
	}}
	records := &fakeProducer{}
	lines := step("d", 4, wayEvents, "x")
	lines.ndjson = true
	fates, open, err := requeue(t.Context(), f.open(t), records, []Step{
		step("h", 8, wayNone, ""), step("g", 7, wayHook, "G"), step("f", 6, wayRecord, ""), step("e", 5, wayHook, "E"),
		lines, step("c", 3, wayEvents, "[3]"), step("b", 2, wayEvents, "[2]"), step("a", 1, wayEvents, "[1]"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range fates {
		got = append(got, strings.TrimSpace(r.Letter.ID+" "+string(r.Fate)+" "+r.Detail))
	}
	want := []string{"a accepted", "b duplicate", "c still bad future_ts: ts: more", "d still bad the door answers 413 Request Entity Too Large: too large",
		"e accepted", "f read again", "g still bad the door answers 400 Bad Request: {\"error\":\"not json\"}", "h left why not"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if !slices.Equal(open, []int{4, 5, 6}) || len(records.records) != 1 || records.records[0].Topic != "f" || !slices.Equal(f.slept, []time.Duration{7 * time.Second}) {
		t.Errorf("open %v, records %v, slept %v", open, records.records, f.slept)
	}
	for n, request := range map[int]string{
		0: "/v1/events Bearer key application/json [1]", 1: "/v1/events Bearer key application/json [2]", 2: "/v1/events Bearer key application/json [2]",
		4: "/v1/events Bearer key application/x-ndjson x", 5: "/hooks/hook signed for s E application/json E",
	} {
		if f.requests[n] != request {
			t.Errorf("request %d: %q, want %q", n, f.requests[n], request)
		}
	}
}

// What was done before a failure is told.
func TestRequeueStopsWhenNothingGoes(t *testing.T) {
	ok, away := `200 {"accepted":1,"duplicate":0,"rejected":[]}`, errors.New("away")
	for name, c := range map[string]struct {
		answers []string
		second  Step
		broker  error
		says    string
	}{
		"key unknown":    {[]string{ok, "401 {}"}, step("b", 2, wayEvents, "2"), nil, "ASKBUY_API_KEY"},
		"door shut":      {append([]string{ok}, slices.Repeat([]string{"503 {}"}, tries)...), step("b", 2, wayEvents, "2"), nil, "503 10 times"},
		"not our door":   {[]string{ok, "200 hello"}, step("b", 2, wayEvents, "2"), nil, "read the answer"},
		"broker is away": {[]string{ok}, step("b", 2, wayRecord, ""), away, "away"},
	} {
		f := &fakeDoor{answers: c.answers}
		fates, _, err := requeue(t.Context(), f.open(t), &fakeProducer{err: c.broker}, []Step{step("a", 1, wayEvents, "1"), c.second})
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "letter b") || len(fates) != 1 || fates[0].Fate != FateAccepted {
			t.Errorf("%s: %v, %v", name, fates, err)
		}
	}
}

func TestBehind(t *testing.T) {
	of := func(n int64) kafka.Offsets { return kafka.Offsets{"t": {0: n}} }
	for _, c := range []struct {
		committed, starts, ends kafka.Offsets
		want                    string
	}{
		{of(5), of(0), of(5), ""},
		{of(6), of(0), of(5), ""},
		{of(4), of(0), of(5), "t"},
		{kafka.Offsets{}, of(0), of(5), "t"},
		{kafka.Offsets{}, of(5), of(5), ""}, // nothing to read
	} {
		if got := behind(c.committed, c.starts, c.ends); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
