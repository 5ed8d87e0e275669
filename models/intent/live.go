package intent

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
	"time"
)

// Live is a model with the rules of a file, which may change while it scores:
// a text is scored by the rules in force when it is asked, and a change counts
// for what comes after it.
type Live struct {
	*Model
	rules atomic.Pointer[Rules]
	path  string
	last  []byte // what the file held when it was last looked at
}

// NewLive reads the rules at path; a file that is not there is no rules. A
// broken one is refused, with what is wrong.
func NewLive(m *Model, path string) (*Live, error) {
	l := &Live{Model: m, path: path}
	if _, err := l.Reload(); err != nil {
		return nil, err
	}
	return l, nil
}

// Rules are those in force.
func (l *Live) Rules() *Rules { return l.rules.Load() }

// Score is the model's, with the topic of the first rule that matches.
func (l *Live) Score(text string) Scored {
	s := l.Model.Score(text)
	l.rules.Load().Apply(text, &s)
	return s
}

// Reload reads the file again and reports whether its rules are new. When it
// is broken the old rules stay, and that is said once for one content. One
// goroutine may call it.
func (l *Live) Reload() (changed bool, err error) {
	raw, err := os.ReadFile(l.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if l.rules.Load() != nil && bytes.Equal(raw, l.last) {
		return false, nil
	}
	l.last = raw
	rules, err := ParseRules(raw)
	if err != nil {
		return false, err
	}
	l.rules.Store(rules)
	return true, nil
}

// Run looks at the file at every tick until the context ends, and tells what
// came of each change.
func (l *Live) Run(ctx context.Context, tick <-chan time.Time, tell func(rules int, err error)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
			if changed, err := l.Reload(); changed || err != nil {
				tell(l.Rules().Len(), err)
			}
		}
	}
}
