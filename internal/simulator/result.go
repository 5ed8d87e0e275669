package simulator

import (
	"fmt"
	"maps"
	"sync"

	"github.com/go-json-experiment/json"

	"askbuy/schemas/event"
)

// Result counts what the door answered.
type Result struct {
	Requests   int64 // answered for good
	Retries    int64 // answered for now, or not at all
	Accepted   int64 // events, by /v1/events
	Duplicate  int64 // events that the door itself recognised
	Rejected   map[event.Reason]int64
	Status     map[int]int64
	Unexpected []string // answers that the contract does not have, 20 at most
}

// Err is not nil when the door answered anything that it must not.
func (r *Result) Err() error {
	if len(r.Unexpected) == 0 {
		return nil
	}
	return fmt.Errorf("the door answered otherwise than its contract says, first: %s; where this seed was played to it before, with another end, choose another --seed", r.Unexpected[0])
}

// tally gathers a Result from all workers.
type tally struct {
	mu sync.Mutex
	r  Result
}

func (t *tally) result() *Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.r
	r.Rejected, r.Status = maps.Clone(r.Rejected), maps.Clone(r.Status)
	return &r
}

func (t *tally) retried() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.r.Retries++
}

func (t *tally) hungUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.r.Requests++
}

const mostUnexpected = 20

// batchAnswer is the body of a 200 of /v1/events.
type batchAnswer struct {
	Accepted  int64 `json:"accepted"`
	Duplicate int64 `json:"duplicate"`
	Rejected  []struct {
		Index  int          `json:"index"`
		Reason event.Reason `json:"reason"`
		Detail string       `json:"detail"`
	} `json:"rejected"`
}

// judge compares an answer with what was wanted. The error is not nil when
// going on makes no sense.
func (t *tally) judge(p *parcel, status int, body []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.r.Status == nil {
		t.r.Status, t.r.Rejected = map[int]int64{}, map[event.Reason]int64{}
	}
	t.r.Requests++
	t.r.Status[status]++
	if status != p.want.status {
		t.unexpected("%s: want %d, have %d: %.200s", p.path, p.want.status, status, body)
		if p.want.status == 200 && (status == 401 || status == 403 || status == 404) {
			return fmt.Errorf("post %s: the door answers %d: check --url, the API key and the secret of /coze", p.path, status)
		}
		return nil
	}
	if p.path == pathCoze && status == 200 && string(body) != "{}" {
		t.unexpected("%s: want {}, have %.200s", p.path, body)
	}
	if p.path == pathEvents && status == 200 {
		t.count(p, body)
	}
	return nil
}

// count checks a batch's answer event by event. A door that was away may have
// begun again with an empty memory: then it can take the false copy, told
// after that, for the first one, and say so of the true one. That answer is a
// hint; the sink judges.
func (t *tally) count(p *parcel, body []byte) {
	var a batchAnswer
	if err := json.Unmarshal(body, &a); err != nil {
		t.unexpected("%s: read answer: %v", p.path, err)
		return
	}
	t.r.Accepted += a.Accepted
	t.r.Duplicate += a.Duplicate
	if sum := a.Accepted + a.Duplicate + int64(len(a.Rejected)); sum != int64(len(p.load)) {
		t.unexpected("%s: %d events sent, %d answered for", p.path, len(p.load), sum)
	}
	left := maps.Clone(p.want.rejected)
	for _, r := range a.Rejected {
		t.r.Rejected[r.Reason]++
		want, faulty := left[r.Index]
		delete(left, r.Index)
		if !faulty && (p.want.conflicts[r.Index] || t.r.Retries > 0 && p.want.disputed[r.Index]) {
			want = event.ReasonConflict
		}
		if r.Reason != want {
			t.unexpected("%s: event %d: want %q, have %q: %s: %.300s", p.path, r.Index, want, r.Reason, r.Detail, p.sample(r.Index))
		}
	}
	for i, want := range left {
		t.unexpected("%s: event %d was taken, want %q: %.300s", p.path, i, want, p.sample(i))
	}
}

// sample shows one event of a parcel.
func (p *parcel) sample(i int) []byte {
	if i < 0 || i >= len(p.load) {
		return nil
	}
	if p.ndjson {
		return p.load[i].line(p.seed)
	}
	return p.load[i].element(p.seed)
}

func (t *tally) unexpected(format string, args ...any) {
	if len(t.r.Unexpected) < mostUnexpected {
		t.r.Unexpected = append(t.r.Unexpected, fmt.Sprintf(format, args...))
	}
}
