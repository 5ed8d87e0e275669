package spool

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"askbuy/ingest"
	"askbuy/ingest/dedup"
	"askbuy/schemas/event"
)

// door is a handler with a spool in front of a fake broker.
type door struct {
	*broker
	mux      *http.ServeMux
	acceptor *ingest.Acceptor
	filter   *dedup.Filter
	spool    *Spool
}

func newDoor(t testing.TB, c Config, filter dedup.Config) *door {
	t.Helper()
	b := &broker{}
	return newDoorBefore(t, b, b, c, filter, nil)
}

// newDoorBefore puts something of its own between the door and the broker, and
// may change what the door is told.
func newDoorBefore(t testing.TB, b *broker, p publisher, c Config, filter dedup.Config, change func(*ingest.Options)) *door {
	t.Helper()
	d := &door{broker: b, mux: http.NewServeMux()}
	var err error
	d.filter, err = dedup.NewFilter(filter, time.Now)
	must(t, err)
	d.acceptor, err = ingest.NewAcceptor(p, d.filter, make([]byte, 32), prometheus.NewRegistry())
	must(t, err)
	deps := depsOf(p)
	deps.Letter = d.acceptor.Letter
	d.spool = openSpool(t, c, deps)
	d.acceptor.UseSpool(d.spool, 400*time.Millisecond)
	keys, err := ingest.NewKeys([]ingest.Key{{Secret: "key", AllShops: true}})
	must(t, err)
	o := ingest.Options{Config: ingest.DefaultConfig(), Acceptor: d.acceptor, Keys: keys, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	if change != nil {
		change(&o)
	}
	handler, err := ingest.New(o)
	must(t, err)
	handler.Register(d.mux)
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run starts the spool; the returned function stops it.
func (d *door) run(t testing.TB) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- d.spool.Run(ctx) }()
	return func() {
		cancel()
		must(t, <-ran)
	}
}

func (d *door) post(body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/v1/events", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer key")
	w := httptest.NewRecorder()
	d.mux.ServeHTTP(w, r)
	return w
}

func message(id, user, text string) string {
	return fmt.Sprintf(`{"type":"message","event_id":%q,"shop_id":"s","user_id":%q,"conv_id":"c","from":"user","text":%q,"ts":900000000000}`, id, user, text)
}

// texts are what the log's messages with an id say, in its order.
func (d *door) texts(t testing.TB, id string) (texts []string) {
	t.Helper()
	for _, r := range d.records() {
		e, _, err := event.Open(r.Headers, r.Value)
		must(t, err)
		if e.ID == id {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

// Copy A is acknowledged from the spool, then copy B comes: A has the lesser
// offset, whether the broker kept A, refused it, or came back in between.
func TestTheFirstAcknowledgedCopyIsFirstInTheLog(t *testing.T) {
	for name, outage := range map[string]func(*door){
		"silent":  func(d *door) { d.goAway() },
		"refuses": func(d *door) { d.refuse(errAway) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDoor(t, configOf(t.TempDir()), dedup.DefaultConfig())
				stop := d.run(t)
				defer stop()
				outage(d)
				send := func(id, text string) {
					t.Helper()
					if w := d.post(message(id, "u", text)); w.Code != http.StatusOK {
						t.Errorf("%s %s: %d %s", id, text, w.Code, w.Body)
					}
				}
				send("m1", "a")
				send("m1", "b")
				d.refuse(nil)
				send("m1", "c") // the broker is well, the drain does not know yet
				d.comeBack()
				time.Sleep(time.Minute)
				send("m1", "d")
				send("m2", "a")
				got := slices.Compact(d.texts(t, "m1")) // a copy may be there twice
				if !slices.Equal(got, []string{"a", "b", "c", "d"}) {
					t.Errorf("copies in the log: %v", got)
				}
				if d.spool.Held().Records != 0 || len(d.texts(t, "m2")) != 1 {
					t.Errorf("held %+v", d.spool.Held())
				}
			})
		})
	}
}

// The broker is gone for 10 minutes at 500 events/s: every request is answered
// 200 within the door's deadline, and all of it is in the log afterwards.
func TestTenMinutesWithoutTheBroker(t *testing.T) {
	t.Parallel()
	const perSecond, batch = 500, 25
	outage := 10 * time.Minute
	if testing.Short() {
		outage = time.Minute
	}
	c := DefaultConfig(t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, c, dedup.DefaultConfig())
		d.spool.sync = func(*os.File) error { return nil } // 12,000 real ones would take the minute
		stop := d.run(t)
		defer stop()
		sent, slowest := 0, time.Duration(0)
		var mu sync.Mutex
		var wg sync.WaitGroup
		traffic := func(length time.Duration) {
			for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
				for range perSecond / 20 / batch {
					var events []string
					for range batch {
						events = append(events, message(fmt.Sprint("m", sent), fmt.Sprint("u", sent%300), "x"))
						sent++
					}
					body := strings.Join(events, "\n")
					wg.Go(func() {
						started := time.Now()
						w := d.post(body)
						mu.Lock()
						defer mu.Unlock()
						if slowest = max(slowest, time.Since(started)); w.Code != http.StatusOK {
							t.Errorf("%d %s", w.Code, w.Body)
						}
					})
				}
			}
		}
		traffic(5 * time.Second)
		d.goAway()
		traffic(outage)
		spooled := d.spool.Held()
		d.comeBack()
		traffic(10 * time.Second)
		wg.Wait()
		time.Sleep(time.Second)
		t.Logf("%d events, %d of them (%d MB) in the spool, slowest answer %v", sent, spooled.Records, spooled.Bytes>>20, slowest)
		if spooled.Records < int64(perSecond*outage.Seconds()) || slowest > 1500*time.Millisecond {
			t.Errorf("%d records were in the spool, the slowest answer took %v", spooled.Records, slowest)
		}
		checkLog(t, d, sent)
		if h := d.spool.Held(); h.Records != 0 || d.spool.Through([]byte("3:su1")) {
			t.Errorf("after the outage: %+v", h)
		}
		// Only what was under way when the broker went is there twice.
		if twice := len(d.records()) - sent; twice > perSecond*2 {
			t.Errorf("%d records are there twice", twice)
		}
	})
}

// checkLog wants every event once or more.
func checkLog(t *testing.T, d *door, sent int) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range d.records() {
		seen[identity(&r)] = true
	}
	if len(seen) != sent {
		t.Errorf("%d of %d events are in the log", len(seen), sent)
	}
}

func TestAFullSpoolShutsTheDoorAndOpensItAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := configOf(t.TempDir())
		c.MaxBytes = 16 << 10
		d := newDoor(t, c, dedup.DefaultConfig())
		stop := d.run(t)
		defer stop()
		d.goAway()
		accepted, refused := 0, 0
		for n := range 200 {
			w := d.post(message(fmt.Sprint("m", n), "u", "x"))
			switch {
			case w.Code == http.StatusOK && refused == 0:
				accepted++
			case w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "2":
				refused++
			default:
				t.Fatalf("event %d after %d and %d: %d %v", n, accepted, refused, w.Code, w.Header())
			}
		}
		if accepted == 0 || refused == 0 || testutil.ToFloat64(d.spool.metrics.full) == 0 {
			t.Errorf("accepted %d, refused %d", accepted, refused)
		}
		d.comeBack()
		time.Sleep(10 * time.Second)
		for n := range 200 { // whoever was refused tries again
			if w := d.post(message(fmt.Sprint("m", n), "u", "x")); w.Code != http.StatusOK {
				t.Fatalf("after the outage: %d", w.Code)
			}
		}
		checkLog(t, d, 200)
	})
}

// Events that no broker takes become dead letters, and dead letters that none
// takes are kept: both are acknowledged, and neither stops the others.
func TestTheDoorSetsAsideWhatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, configOf(t.TempDir()), dedup.DefaultConfig())
		stop := d.run(t)
		defer stop()
		d.answer = func(r ingest.Record) error {
			if strings.Contains(string(r.Value), "huge") {
				return ingest.ErrTooLarge
			}
			if r.Topic == event.TopicDeadLetters {
				return ingest.ErrRefused
			}
			return nil
		}
		for _, text := range []string{"huge", "small"} {
			if w := d.post(message(text, "u", text)); w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", text, w.Code, w.Body)
			}
		}
		time.Sleep(time.Second)
		kept := 0
		_, err := ReadRefused(d.spool.cfg.Dir, func(r ingest.Record) error {
			kept++
			if r.Topic != event.TopicDeadLetters || !strings.Contains(string(r.Value), "larger than a record") {
				t.Errorf("kept %s", r.Value)
			}
			return nil
		})
		must(t, err)
		if kept != 1 || len(d.texts(t, "small")) != 1 || d.spool.Held().Records != 0 {
			t.Errorf("%d kept, held %+v", kept, d.spool.Held())
		}
	})
}

// The hard case: a filter that errs on every second event, a broker that
// refuses 30 of 100, a spool that is full now and then, senders that try until
// they are told 2xx: the log has exactly the unique events.
func TestNothingIsLostOrInvented(t *testing.T) {
	t.Parallel()
	unique := 100_000
	c := DefaultConfig(t.TempDir())
	c.MaxBytes, c.SegmentBytes = 8<<20, 512<<10
	if testing.Short() {
		unique, c.MaxBytes = 10_000, 1<<20
	}
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, c, dedup.Config{MemoryBytes: 1 << 20, Horizon: time.Hour, Generations: 2, FalsePositive: 0.9})
		d.spool.sync = func(*os.File) error { return nil }
		for n := range uint64(2_400_000) { // until both generations are full
			var id event.IdentityHash
			binary.LittleEndian.PutUint64(id[:], n*0x9e3779b97f4a7c15)
			binary.LittleEndian.PutUint16(id[14:], uint16(n))
			d.filter.Begin(id, event.Copy{}).Commit()
		}
		stop := d.run(t)
		defer stop()
		random := rand.New(rand.NewPCG(1, 2))
		d.answer = func(ingest.Record) error { // under the broker's lock
			if random.IntN(100) < 30 {
				return errAway
			}
			return nil
		}
		refused := sendAll(d, unique)
		time.Sleep(time.Hour)
		seen, maybe := map[string]bool{}, 0
		for _, r := range d.records() {
			flagged := slices.ContainsFunc(r.Headers, func(h event.Header) bool { return h.Key == event.HeaderMaybeDuplicate })
			if thing := identity(&r); !seen[thing] {
				seen[thing] = true
				if flagged {
					maybe++
				}
			}
		}
		t.Logf("%d records, %d distinct, %d flagged, %d requests refused", len(d.records()), len(seen), maybe, refused)
		if len(seen) != unique || d.spool.Held().Records != 0 || maybe < unique/2 || refused == 0 {
			t.Errorf("%d distinct of %d, held %+v", len(seen), unique, d.spool.Held())
		}
	})
}

// sendAll has 16 senders post n events, each request until it is answered 200.
func sendAll(d *door, n int) (refused int32) {
	const senders, batch = 16, 50
	var count atomic.Int32
	var wg sync.WaitGroup
	for sender := range senders {
		wg.Go(func() {
			for first := sender * batch; first < n; first += senders * batch {
				var events []string
				for i := first; i < min(first+batch, n); i++ {
					events = append(events, message(fmt.Sprint("m", i), fmt.Sprint("u", i%997), "x"))
				}
				for body := strings.Join(events, "\n"); d.post(body).Code != http.StatusOK; time.Sleep(time.Second) {
					count.Add(1)
				}
			}
		})
	}
	wg.Wait()
	return count.Load()
}

// late takes a while to store, and does.
type late struct{ *broker }

func (l late) Start(r ingest.Record, then func(error)) {
	go func() {
		time.Sleep(50 * time.Millisecond)
		l.broker.Start(r, then)
	}()
}

// Who has less time than the spool's share leaves half of it to the broker: a
// record that the broker takes in time is stored once.
func TestWhoHasLittleTimeDoesNotPassTheBrokerOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{}
		d := newDoorBefore(t, b, late{b}, configOf(t.TempDir()), dedup.DefaultConfig(), nil)
		stop := d.run(t)
		defer stop()
		item := ingest.Item{Decoded: ingest.Decoded{Event: event.Event{Type: event.TypeMessage, ID: "m1", ShopID: "s", UserID: "u", ConvID: "c", From: event.RoleBot, Text: "a", TS: 1}}}
		if _, err := d.acceptor.AcceptBy(t.Context(), time.Now().Add(300*time.Millisecond), "reply", time.Now(), []ingest.Item{item}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := d.texts(t, "m1"); len(got) != 1 {
			t.Errorf("the log has %d copies", len(got))
		}
	})
}
