package ingest

import "askbuy/schemas/event"

// erasures knows who was erased.
type erasures interface{ EventGone(*event.Event) bool }

// UseErasures has the acceptor leave out what erased shoppers did before they
// were erased. The list may lag behind by moments: the sinks are exact, the
// door only spares the topics. It belongs before the first Accept.
func (a *Acceptor) UseErasures(e erasures) { a.erasures = e }

// gone reports whether an item is left out. What has a fault is set aside like
// any other: its ids and time cannot be trusted.
func (a *Acceptor) gone(item *Item) bool {
	return a.erasures != nil && item.Fault == nil && a.erasures.EventGone(&item.Event)
}
