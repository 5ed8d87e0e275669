package conversation

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Whether a state is the one that was written or is read from its bytes, the
// next event makes the same bytes of it.
func TestAStateWrittenLatelyIsAsItIsRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var l lately
		remembered, read := &State{}, &State{}
		for _, e := range history(rt) {
			remembered.Apply(e)
			read.Apply(e)
			a, err := l.encode(remembered)
			if err != nil {
				rt.Fatal(err)
			}
			b, err := Encode(read)
			if err != nil || !bytes.Equal(a, b) {
				rt.Fatalf("%x is remembered and %x read: %v", a, b, err)
			}
			same, err := l.decode(a)
			if err != nil || same != remembered {
				rt.Fatalf("it is not the state that was written: %v", err)
			}
			if read, err = Decode(b); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

// A state is given to one alone, equal bytes elsewhere are read, and only so many
// are kept.
func TestStatesAreTakenOnce(t *testing.T) {
	var l lately
	s := longState()
	b, err := l.encode(s)
	if err != nil {
		t.Fatal(err)
	}
	if other, err := l.decode(bytes.Clone(b)); err != nil || other == s {
		t.Errorf("other bytes: %v, the same state %v", err, other == s)
	}
	if first, err := l.decode(b); err != nil || first != s {
		t.Errorf("its bytes: %v, another state", err)
	}
	if second, err := l.decode(b); err != nil || second == s {
		t.Errorf("asked again: %v, the same state %v", err, second == s)
	}
	if b, err = l.encode(s); err != nil {
		t.Fatal(err)
	}
	for range latelyStates {
		if _, err := l.encode(&State{}); err != nil {
			t.Fatal(err)
		}
	}
	if late, err := l.decode(b); err != nil || late == s || len(l.states) > latelyStates {
		t.Errorf("%v; it is kept for ever, with %d others", err, len(l.states))
	}
}
