package sinks

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
)

// failingCommits fails the first commits, as during a rebalance.
type failingCommits struct {
	*fakeSource
	left int
}

func (s *failingCommits) Commit(ctx context.Context) error {
	if s.left > 0 {
		s.left--
		return errors.New("the group is rebalancing")
	}
	return s.fakeSource.Commit(ctx)
}

// A commit that fails is made good, also when no record comes any more.
func TestFailedCommitIsMadeGood(t *testing.T) {
	for seed := range uint64(20) {
		dice := rand.New(rand.NewPCG(seed, 2))
		w := newWorld(seed)
		history(w, dice, 2)
		w.run(t, DefaultConfig(), func(s *Sink, source *fakeSource) { // batches of everything
			s.deps.Source = &failingCommits{source, 3}
		})
		if !w.drained() {
			t.Errorf("seed %d: only %v of the logs are committed", seed, w.committed)
		}
	}
}
