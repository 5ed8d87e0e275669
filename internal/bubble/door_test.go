//go:build synctests

package bubble

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest"
	"askbuy/ingest/dedup"
	"askbuy/ingest/spool"
	"askbuy/internal/kafka"
	"askbuy/pipeline"
)

const apiKey = "k"

// door is the life of the door and its spool.
type door struct {
	*life
	mux      *http.ServeMux
	registry *prometheus.Registry
	producer *kafka.Producer
	gone     chan struct{}
	requests sync.WaitGroup
}

// open makes a door over the spool that the one before it has left.
func (w *world) open() *door {
	cut := &wire{net: &w.net}
	config := w.kafka(cut)
	d := &door{mux: http.NewServeMux(), registry: prometheus.NewRegistry(), producer: must(kafka.NewProducer(config)), gone: make(chan struct{})}
	filter := must(dedup.NewFilter(oldMemory, time.Now))
	_, err := filter.Load(w.memory)
	check(err)
	publisher := &gate{next: pipeline.DoorPublisher{Producer: d.producer, Config: config}}
	acceptor := must(ingest.NewAcceptor(publisher, filter, key, d.registry))
	s := must(spool.Open(spoolConfig(w.spool), spool.Deps{
		Publisher: publisher, Letter: acceptor.Letter, Registerer: d.registry, Log: w.log, Now: time.Now,
	}))
	acceptor.UseSpool(s, ingest.DefaultConfig().SpoolShare)
	handler := must(ingest.New(ingest.Options{
		Config: ingest.DefaultConfig(), Acceptor: acceptor, Log: w.log, Now: time.Now,
		Keys: must(ingest.NewKeys([]ingest.Key{{Name: "all", Secret: apiKey, AllShops: true}})),
	}))
	handler.Register(d.mux)
	d.life = w.lived("spool", cut, s.Run, func() {
		abandon(d.producer)
		d.requests.Wait()
	})
	end := d.crash
	d.crash = func() { // what lies on the disk now is what the next one finds
		w.spool = copied(w.spool)
		publisher.dead.Store(true)
		close(d.gone)
		end()
	}
	return d
}

// post is a request of a sender; 0 says that there was no answer.
func (d *door) post(body []byte) int {
	answer := make(chan int, 1)
	d.requests.Go(func() {
		r := httptest.NewRequest(http.MethodPost, "/v1/events", bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+apiKey)
		r.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		d.mux.ServeHTTP(recorder, r)
		answer <- recorder.Code
	})
	select {
	case <-d.gone:
		return 0
	case code := <-answer:
		return code
	}
}

// drained reports that nothing of what was acknowledged is still here.
func (d *door) drained() bool {
	families := must(d.registry.Gather())
	for _, f := range families {
		if f.GetName() == "askbuy_spool_records" {
			return f.GetMetric()[0].GetGauge().GetValue() == 0 && d.producer.Buffered() == 0
		}
	}
	panic("the spool has no metric")
}

// gate lets no outcome through to a door that has crashed.
type gate struct {
	next pipeline.DoorPublisher
	dead atomic.Bool
}

func (g *gate) Start(r ingest.Record, then func(error)) {
	g.next.Start(r, func(err error) {
		if !g.dead.Load() {
			then(err)
		}
	})
}

// spoolConfig is a spool so small that an outage fills it.
func spoolConfig(dir string) spool.Config {
	c := spool.DefaultConfig(dir)
	c.SegmentBytes, c.MaxBytes = 4<<10, 8<<10
	c.Patience = ingest.DefaultConfig().AckTimeout - ingest.DefaultConfig().SpoolShare
	return c
}

// oldMemory is a door's memory that a long life has filled, so that about
// every fifth new event looks as if it might have come before.
var oldMemory = dedup.Config{MemoryBytes: 1 << 20, Horizon: 96 * time.Hour, Generations: 64, FalsePositive: 0.9}

func fillMemory(path string) {
	filter := must(dedup.NewFilter(oldMemory, time.Now))
	dice := newDice(0, "memory")
	for range 120_000 {
		filter.Learn(randomIdentity(dice), randomCopy(dice))
	}
	check(filter.Save(path, nil))
}

var copies atomic.Int64

// copied is a copy of a directory of files.
func copied(dir string) string {
	to := filepath.Join(filepath.Dir(dir), "spool-"+strconv.FormatInt(copies.Add(1), 10))
	check(os.CopyFS(to, os.DirFS(dir)))
	return to
}
