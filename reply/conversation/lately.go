package conversation

import "sync"

// latelyStates is how many states are remembered: more than shoppers ask within
// what a reader gathers.
const latelyStates = 512

// lately has the states that this process wrote last, by the bytes that it made
// of them. A turn is three records, and the second and third find the state as
// the one before left it. Bytes that came from elsewhere are read.
//
// What must stay true: bytes once written are never written into, and who took a
// state out is alone with it.
type lately struct {
	mu     sync.Mutex
	states map[*byte]*State // a key keeps its bytes, so that no others lie there
	order  [latelyStates]*byte
	next   int
}

func (l *lately) encode(s *State) ([]byte, error) {
	b, err := Encode(s)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.states == nil {
		l.states = make(map[*byte]*State, latelyStates)
	}
	delete(l.states, l.order[l.next])
	l.order[l.next] = &b[0] // there is a version at least
	l.states[&b[0]] = s
	l.next = (l.next + 1) % latelyStates
	return b, nil
}

func (l *lately) decode(b []byte) (*State, error) {
	if s := l.take(b); s != nil {
		return s, nil
	}
	return Decode(b)
}

// take is the state of these very bytes; nil when they are others.
func (l *lately) take(b []byte) *State {
	if len(b) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.states[&b[0]]
	delete(l.states, &b[0])
	return s
}
