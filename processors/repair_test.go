package processors

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// repairRig drives a repairer by hand, a step at a time.
type repairRig struct {
	*repairer
	now       time.Time
	stored    bool
	factsErr  error
	writeErr  error
	asked     []event.Reached // of the last question
	writes    []string
	buried    []string
	commits   []int
	commitErr error
	told      []bool // failures and recoveries
}

func newRepairRig() *repairRig {
	g := &repairRig{now: time.UnixMilli(0), stored: true}
	m := must(newMetrics(nil))
	g.repairer = &repairer{
		join: testJoin(DefaultLimits()), models: testModels, facts: g, source: g, rows: g, every: time.Minute,
		now: func() time.Time { return g.now }, metrics: m, failed: func(err error) { g.told = append(g.told, err != nil) },
		pending: map[event.Shopper]*request{}, done: map[event.Shopper]time.Time{},
	}
	return g
}

func (g *repairRig) Stored(_ context.Context, needs []event.Reached) (bool, error) {
	g.asked = needs
	return g.stored, g.factsErr
}

func (g *repairRig) Shopper(_ context.Context, s event.Shopper) (History, error) {
	m := &event.Event{Type: event.TypeMessage, ShopID: s.ShopID, UserID: s.UserID, ID: "m", From: event.RoleUser}
	return History{Messages: []Fact{{Event: m}}}, nil
}

func (g *repairRig) Poll(context.Context, time.Duration) (*repairBatch, error) { return nil, nil }

func (g *repairRig) Commit(_ context.Context, b *repairBatch) error {
	if g.commitErr == nil {
		g.commits = append(g.commits, b.commit.(int))
	}
	return g.commitErr
}

func (g *repairRig) Write(_ context.Context, _ string, o output) error {
	if g.writeErr == nil {
		g.writes = append(g.writes, fmt.Sprint(o.Scores[0].UserID, o.Scores[0].Version))
	}
	return g.writeErr
}

func (g *repairRig) Bury(_ context.Context, asked event.Repair, _ error) error {
	g.buried = append(g.buried, asked.UserID)
	return nil
}

// ask is a batch, and a step.
func (g *repairRig) ask(batch int, requests ...event.Repair) {
	g.take(&repairBatch{requests: requests, commit: batch})
	g.step(0)
}

func (g *repairRig) step(after time.Duration) {
	g.now = g.now.Add(after)
	g.settle(context.Background())
	g.commit(context.Background())
}

func (g *repairRig) want(t *testing.T, writes []string, commits []int) {
	t.Helper()
	if slices.Sort(g.writes); !slices.Equal(g.writes, writes) || !slices.Equal(g.commits, commits) {
		t.Fatalf("wrote %v, committed %v; want %v, %v", g.writes, g.commits, writes, commits)
	}
	g.writes, g.commits = nil, nil
}

func repairOf(user string, version event.Position, needs ...event.Reached) event.Repair {
	return event.Repair{UserID: user, Version: version, Needs: needs}
}

func TestRepairsAreMerged(t *testing.T) {
	g := newRepairRig()
	m, o := event.Reached{Topic: "m", Position: 5}, event.Reached{Topic: "o", Partition: 1, Position: 7}
	older := m
	older.Position = 3
	g.ask(1, repairOf("a", 9, m), repairOf("b", 4), repairOf("a", 8, older, o))
	g.want(t, []string{"a9", "b4"}, []int{1})
	g = newRepairRig()
	g.ask(1, repairOf("a", 9, m), repairOf("a", 8, older, o))
	if !reflect.DeepEqual(g.asked, []event.Reached{m, o}) {
		t.Errorf("asked for %v", g.asked)
	}
}

func TestRepairsWaitForFacts(t *testing.T) {
	g := newRepairRig()
	g.stored = false
	g.ask(1, repairOf("a", 1))
	g.step(time.Second)
	g.want(t, nil, nil)
	g.stored = true
	g.step(time.Minute)
	g.want(t, []string{"a1"}, []int{1})
	if len(g.told) > 0 {
		t.Error("waiting for facts is no failure")
	}
}

func TestRepairsOfOneShopperKeepTheirDistance(t *testing.T) {
	g := newRepairRig()
	g.ask(1, repairOf("a", 1))
	g.want(t, []string{"a1"}, []int{1})
	g.now = g.now.Add(time.Second)
	g.ask(2, repairOf("a", 2), repairOf("b", 1))
	g.ask(3, repairOf("a", 3))
	g.want(t, []string{"b1"}, nil)
	g.step(58 * time.Second)
	g.want(t, nil, nil)
	g.step(time.Second)
	g.want(t, []string{"a3"}, []int{2, 3})
	g.step(time.Hour)
	if len(g.done) > 0 {
		t.Error("remembers whom it repaired an hour ago")
	}
}

func TestRepairsAreCommittedInOrder(t *testing.T) {
	g := newRepairRig()
	g.stored = false
	g.ask(1, repairOf("a", 1))
	g.stored = true
	g.ask(2, repairOf("b", 1))
	g.want(t, []string{"b1"}, nil)
	g.step(time.Second)
	g.want(t, []string{"a1"}, []int{1, 2})
}

func TestRepairsOutlastFailures(t *testing.T) {
	for name, fail := range map[string]func(*repairRig, error){
		"facts":  func(g *repairRig, err error) { g.factsErr = err },
		"broker": func(g *repairRig, err error) { g.writeErr = err },
	} {
		t.Run(name, func(t *testing.T) {
			g := newRepairRig()
			fail(g, errors.New("away"))
			g.ask(1, repairOf("a", 1))
			for range 10 {
				g.step(time.Minute)
			}
			g.want(t, nil, nil)
			fail(g, nil)
			g.step(time.Minute)
			g.want(t, []string{"a1"}, []int{1})
			if !slices.Equal(g.told, []bool{true, false}) {
				t.Errorf("told %v", g.told)
			}
		})
	}
}

func TestRepairsThatCannotBeAreBuried(t *testing.T) {
	g := newRepairRig()
	g.writeErr = kafka.ErrTooLarge
	g.ask(1, repairOf("a", 1))
	g.want(t, nil, []int{1})
	g.writeErr = nil
	g.join.fold = nil // panics
	g.ask(2, repairOf("b", 1))
	g.want(t, nil, []int{2})
	if !slices.Equal(g.buried, []string{"a", "b"}) {
		t.Errorf("buried %v", g.buried)
	}
}

func TestCommitIsTriedAgain(t *testing.T) {
	g := newRepairRig()
	g.commitErr = errors.New("away")
	g.ask(1, repairOf("a", 1))
	g.commitErr = nil
	g.ask(2, repairOf("b", 1))
	g.want(t, []string{"a1", "b1"}, []int{1, 2})
}

// While the facts are away shoppers who ask again and again cost no more than
// a bounded number of batches, and none of their requests; then all is done.
func TestRepairsAreBoundedInAnOutage(t *testing.T) {
	g := newRepairRig()
	g.stored = false
	batch := 0
	for ; g.room(); batch++ {
		if batch > maxBatches {
			t.Fatalf("holds %d batches of %d shoppers and polls for more", len(g.batches), len(g.pending))
		}
		g.take(&repairBatch{requests: []event.Repair{repairOf("a", event.Position(batch)), repairOf("b", 1), repairOf("a", 1)}, commit: batch})
	}
	for _, b := range g.batches {
		if b.requests != nil || b.left != 2 {
			t.Fatalf("batch %v holds %v and waits for %d shoppers, want none and 2", b.commit, b.requests, b.left)
		}
	}
	g.stored = true
	g.step(time.Minute)
	if len(g.commits) != batch || !slices.IsSorted(g.commits) || !g.room() || len(g.pending) > 0 {
		t.Errorf("committed %d of %d batches, %d shoppers pending", len(g.commits), batch, len(g.pending))
	}
	g.want(t, []string{fmt.Sprint("a", batch-1), "b1"}, g.commits)
}
