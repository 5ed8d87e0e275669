//go:build plant_plain_counter

package processors

import (
	"sync"
	"sync/atomic"

	"github.com/lovoo/goka"

	"askbuy/schemas/event"
)

var counters sync.Map // by *Processors: a counter ends with its process

func (p *Processors) version(goka.Context) event.Position {
	counter, _ := counters.LoadOrStore(p, new(atomic.Int64))
	return event.Position(counter.(*atomic.Int64).Add(1))
}
