package pipeline

import (
	"time"

	"askbuy/ingest"
	"askbuy/ingest/spool"
)

// openSpool gives the acceptor a spool for what the broker does not take. What
// an earlier run left in it was acknowledged: the door's memory learns it.
func openSpool(w wiring, acceptor *ingest.Acceptor, broker publisher, memory *memory) (*spool.Spool, error) {
	s, err := spool.Open(w.config.Door.spool(spoolDir(w.config)), spool.Deps{
		Publisher: broker, Letter: acceptor.Letter,
		Found:      func(r ingest.Record) { memory.learn(r.Headers, r.Value) },
		Registerer: w.registry, Log: w.log, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	w.onClose(s.Close)
	acceptor.UseSpool(s, ingest.DefaultConfig().SpoolShare)
	return s, nil
}
