//go:build synctests

package bubble

import (
	"net/http"
	"time"
)

// send starts the senders. Each posts its requests in turn, every one until
// it is told that all of it is durable.
func (w *world) send() {
	for n, requests := range w.plan.senders {
		dice := newDice(w.plan.seed, "sender "+string(rune('a'+n)))
		w.sending++
		for _, r := range requests {
			w.deliveries += len(r.events)
		}
		w.timers.Go(func() {
			for _, r := range requests {
				time.Sleep(r.pause)
				body := r.body()
				for !w.post(body) {
					time.Sleep(200*time.Millisecond + time.Duration(dice.Int64N(int64(2*time.Second))))
					if w.failed() {
						return
					}
				}
				w.acknowledged(r)
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			w.sending--
		})
	}
}

func (w *world) post(body []byte) bool {
	w.mu.Lock()
	d := w.door
	w.mu.Unlock()
	if d == nil {
		return false
	}
	code := d.post(body)
	switch code {
	case http.StatusOK:
		return true
	case 0, http.StatusServiceUnavailable:
		w.mu.Lock()
		w.refusals++
		w.mu.Unlock()
		return false
	}
	w.fail("the door answers %d to %s", code, body)
	return false
}

func (w *world) acknowledged(r request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range r.events {
		w.acked[identity(e)] = true
	}
}
