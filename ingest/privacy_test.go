package ingest

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"askbuy/ingest/mask"
	"askbuy/schemas/event"
)

// What people wrote loses its personal data at the door, ids keep theirs.
func TestAcceptMasksWhatPeopleWrote(t *testing.T) {
	b := &fakeBroker{}
	a := newAcceptor(t, b)
	item := saying("13800138000", "电话13800138000,谢谢")
	item.Event.Channel = "call 13800138000"
	item.Event.Attrs = json.RawMessage(`{"note":"mail to li@example.com"}`)
	accept(t, a, item)
	r := b.records(event.TopicMessages)[0]
	e, _ := open(t, r)
	if e.Text != "电话[phone],谢谢" || e.Channel != "call [phone]" || string(e.Attrs) != `{"note":"mail to [email]"}` || e.ID != "13800138000" {
		t.Errorf("published %+v", e)
	}
	if n := testutil.ToFloat64(a.metrics.masks[mask.Phone]); n != 2 {
		t.Errorf("%v phones counted, want 2", n)
	}
}

// Copies are compared after masking: the number itself is nobody's business.
func TestCopiesAreComparedMasked(t *testing.T) {
	a := newAcceptor(t, &fakeBroker{})
	accept(t, a, saying("m1", "电话13800138000"))
	if got := accept(t, a, saying("m1", "电话13900139000")); got[0] != Duplicate {
		t.Errorf("got %v, want a duplicate", got[0])
	}
}

// What a letter says beside its sealed bytes repeats nothing of them.
func TestFaultsRepeatNothing(t *testing.T) {
	for _, raw := range []string{
		`{"13800138000":1,"13800138000":2}`, `{"a":{"13800138000":tru}}`, `{"type":"call 13800138000","event_id":"e","shop_id":"s"}`, `{"13800138000"`,
	} {
		d, fault := Decode([]byte(raw), testArrival)
		if fault == nil || strings.Contains(fault.Detail, "13800138000") || strings.Contains(string(d.Event.Type), "13800138000") {
			t.Errorf("%s: %+v of type %q", raw, fault, d.Event.Type)
		}
	}
}

type fakeSealer struct{ err error }

func (s fakeSealer) Seal(plaintext, associatedData []byte) ([]byte, error) {
	sealed := append([]byte("sealed for "+string(associatedData)+":"), plaintext...)
	slices.Reverse(sealed)
	return sealed, s.err
}

func TestLettersAreSealed(t *testing.T) {
	for name, failure := range map[string]error{"well": nil, "no randomness": errors.New("no randomness")} {
		b := &fakeBroker{}
		a := newAcceptor(t, b)
		a.UseSealer(fakeSealer{failure})
		raw := []byte(`{"type":"message","text":"电话13800138000"}`)
		accept(t, a, Item{Raw: raw, Fault: &Fault{Reason: event.ReasonMissingField, Detail: "shop_id"}})
		r := b.records(event.TopicDeadLetters)[0]
		var letter event.DeadLetter
		if err := json.Unmarshal(r.Value, &letter); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(r.Value), "13800138000") || strings.Contains(string(letter.Bytes), "13800138000") {
			t.Errorf("%s: a number left the door: %s", name, r.Value)
		}
		slices.Reverse(letter.Bytes)
		if failure == nil && (!letter.Sealed || string(letter.Bytes) != "sealed for "+letter.ID+":"+string(raw)) {
			t.Errorf("letter %+v", letter)
		}
		if failure != nil && (letter.Bytes != nil || !strings.Contains(letter.Detail, failure.Error())) {
			t.Errorf("letter %+v, want no bytes and the cause", letter)
		}
	}
}
