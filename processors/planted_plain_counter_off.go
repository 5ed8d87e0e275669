//go:build !plant_plain_counter

package processors

import (
	"github.com/lovoo/goka"

	"askbuy/schemas/event"
)

// version is that of the rows that an entry makes: its place in the journey's
// log. A build tag plants the mistake of counting instead, so that the
// simulation can be seen to find it.
func (p *Processors) version(ctx goka.Context) event.Position { return p.position(ctx) }
