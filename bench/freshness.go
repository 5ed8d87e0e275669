package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/wait"
	"askbuy/pipeline"
)

// freshness is how long it takes from a webhook's request to the row in a view
// that a BI tool reads. Some of the events are marked, and the view is asked
// for all marked ones that it has not shown yet, again and again; so the
// figures contain the view's own time and the wait for the next question.
type freshness struct {
	instance *instance
	rate     int // events/s
	refused  atomic.Int64
	late     atomic.Int64 // requests that began more than 100 ms after their time

	mu      sync.Mutex
	waiting map[string]marker
	rows    []time.Duration // to the message's row
	scores  []time.Duration // to its score in that row
}

type marker struct {
	at  time.Time // when its request was due
	row bool      // the message has been seen, its score has not
}

const (
	posters    = 32                     // connections
	markEvery  = 50                     // events of a connection
	askEvery   = 100 * time.Millisecond // after the last answer
	markerWait = 30 * time.Second       // for the last ones
)

func (i *instance) measureFreshness(ctx context.Context, s settings) ([]row, error) {
	f := &freshness{instance: i, rate: s.Rate, waiting: map[string]marker{}}
	load, err := f.run(ctx)
	if err != nil {
		return nil, err
	}
	own, engine, err := i.memory()
	if err != nil {
		return nil, err
	}
	p95 := percentile(f.rows, .95)
	show := func(all []time.Duration) string {
		return fmt.Sprintf("p50 %s, p95 %s, max %s (n %d)", percentile(all, .5), percentile(all, .95), percentile(all, 1), len(all))
	}
	at := fmt.Sprintf(" at %d events/s", s.Rate)
	return []row{
		{what: "webhook to row of bi.messages" + at, goal: "p95 < " + goalFreshness.String(), measured: show(f.rows), met: p95 < goalFreshness},
		{what: "webhook to the row's score" + at, measured: show(f.scores)},
		{what: "CPU" + at, measured: load},
		{what: "resident after it", measured: "askbuy " + megabytes(own) + ", ClickHouse " + megabytes(engine)},
		{what: "requests refused; begun late", measured: fmt.Sprintf("%d; %d", f.refused.Load(), f.late.Load())},
	}, nil
}

// run posts and asks at the same time and returns the CPU used meanwhile.
func (f *freshness) run(ctx context.Context) (load string, err error) {
	secret, err := pipeline.Secret(f.instance.dir, "coze_secret")
	if err != nil {
		return "", err
	}
	db, err := clickhouse.Open(ctx, f.instance.at.DSN)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx, cancel := context.WithTimeout(ctx, posting+markerWait)
	defer cancel()
	var group sync.WaitGroup
	failures := make(chan error, posters+1)
	bearer, begin := token(secret, time.Now()), time.Now()
	for n := range posters {
		group.Go(func() { failures <- f.post(n, bearer, begin) })
	}
	posted := make(chan struct{})
	asked := make(chan error, 1)
	go func() { asked <- f.ask(ctx, db, posted) }()
	load, err = f.instance.load(ctx, posting)
	group.Wait()
	close(posted)
	close(failures)
	for failure := range failures {
		err = errors.Join(err, failure)
	}
	return load, errors.Join(err, <-asked)
}

// post sends at fixed times, whether or not answers are slow.
func (f *freshness) post(number int, bearer string, begin time.Time) error {
	c, err := dial(strings.TrimPrefix(f.instance.at.HTTP, "http://"), "/coze", bearer)
	if err != nil {
		return err
	}
	defer func() { _ = c.conn.Close() }() // nothing is lost with it
	each := time.Second * posters / time.Duration(f.rate)
	due := begin.Add(each * time.Duration(number) / posters)
	var b []byte
	for n := int64(0); due.Before(begin.Add(posting)); n++ {
		wait := time.Until(due)
		if wait < -100*time.Millisecond {
			f.late.Add(1)
		}
		time.Sleep(wait)
		id := int64(number)<<32 + n
		if n%markEvery == int64(number)%markEvery {
			f.mark(id, due)
		}
		b = bodies["coze"](b[:0], id, due.UnixMilli())
		status, err := c.post(b)
		if err != nil {
			return fmt.Errorf("post to the instance: %w", err)
		}
		if status != 200 {
			f.refused.Add(1)
		}
		due = due.Add(each)
	}
	return nil
}

func (f *freshness) mark(id int64, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting[fmt.Sprint("msg_", id)] = marker{at: at}
}

// ask asks the view until all have been sent and seen.
func (f *freshness) ask(ctx context.Context, db *clickhouse.DB, posted <-chan struct{}) error {
	for {
		var last bool
		select {
		case <-posted:
			last = true
		default:
		}
		ids := f.unseen()
		if last && len(ids) == 0 {
			return nil
		}
		if err := f.askFor(ctx, db, ids); err != nil {
			return err
		}
		if err := wait.For(ctx, askEvery); err != nil {
			return fmt.Errorf("await %d marked events in bi.messages: %w", len(ids), err)
		}
	}
}

func (f *freshness) unseen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := make([]string, 0, len(f.waiting))
	for id := range f.waiting {
		ids = append(ids, id)
	}
	return ids
}

func (f *freshness) askFor(ctx context.Context, db *clickhouse.DB, ids []string) error {
	type seen struct {
		ID     string `ch:"event_id"`
		Scored bool   `ch:"scored"`
	}
	rows, err := clickhouse.Select[seen](ctx, db, "SELECT event_id, isNotNull(buy_score) AS scored FROM bi.messages "+
		"WHERE shop_id = 'shop-1024' AND event_id IN {ids:Array(String)}", map[string]any{"ids": ids})
	if err != nil {
		return err
	}
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range rows {
		m := f.waiting[r.ID]
		if !m.row {
			f.rows = append(f.rows, now.Sub(m.at))
		}
		m.row = true
		f.waiting[r.ID] = m
		if r.Scored {
			f.scores = append(f.scores, now.Sub(m.at))
			delete(f.waiting, r.ID)
		}
	}
	return nil
}
