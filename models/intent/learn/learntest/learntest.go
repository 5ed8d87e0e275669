// Package learntest makes up shops whose truth is known, to learn from: who
// talks how, does what, and orders with which probability. It serves tests and
// `make eval`; it says nothing of real shops.
package learntest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"askbuy/models/intent/learn"
	"askbuy/models/intent/train"
)

// World is what shops stored, and what only their maker knows.
type World struct {
	Start  int64 // ms
	Facts  learn.Facts
	Oracle map[string]float64 // by message: the best possible probability of an order that is kept, from acts, behaviours and shop
}

// Options say how large the world is.
type Options struct {
	Seed          uint64
	Conversations int
	Shops         int
	Days          int
	Slow          bool // orders come a day later
}

// What is true of every order.
const (
	cancelled = .08
	refunded  = .08 // a part of it
	inTime    = .985
)

// By kind of shopper: service, idle, window-shopper, considering, ready.
var (
	carts = [5]float64{.02, .05, .35, .30, .60}
	views = [5]float64{1, 2, 3, 4, 3}
)

// New makes a world.
func New(o Options) (*World, error) {
	played, err := train.Play(o.Seed, o.Conversations)
	if err != nil {
		return nil, fmt.Errorf("make world: %w", err)
	}
	w := &World{Start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), Oracle: map[string]float64{}}
	r := rand.New(rand.NewPCG(o.Seed, 99))
	offsets, shops := make([]float64, o.Shops), rand.New(rand.NewPCG(7, 7)) // the same shops in every world
	for i := range offsets {
		offsets[i] = .5 * shops.NormFloat64()
	}
	span := float64(o.Days) * 24 * float64(time.Hour.Milliseconds())
	for i, p := range played {
		shop := int(float64(o.Shops) * math.Pow(r.Float64(), 1.5))
		c := &talk{r: r, slow: o.Slow, offset: offsets[shop], Shopper: learn.Shopper{Shop: fmt.Sprint("shop", shop), User: fmt.Sprint("u", r.IntN(o.Conversations))}}
		c.id = fmt.Sprint("c", i)
		c.at = w.Start + int64(r.Float64()*span)
		w.play(c, p)
	}
	return w, nil
}

// talk is one conversation in the making.
type talk struct {
	learn.Shopper
	r      *rand.Rand
	id     string
	at     int64
	offset float64
	slow   bool
}

func (w *World) play(c *talk, p train.Played) {
	kinds := train.Kinds()
	likely := make([]float64, len(kinds)) // of what was done, by kind
	cart, n := c.r.Float64() < carts[p.Kind], poisson(c.r, views[p.Kind])
	for k := range kinds {
		likely[k] = math.Pow(views[k], float64(n)) * math.Exp(-views[k])
		if cart {
			likely[k] *= carts[k]
		} else {
			likely[k] *= 1 - carts[k]
		}
	}
	for range n {
		w.did(c, "page_view")
	}
	if cart {
		w.did(c, "add_to_cart")
	}
	for i, text := range p.Texts {
		id := fmt.Sprint(c.id, ".", i)
		w.Facts.Messages = append(w.Facts.Messages, learn.Message{Shopper: c.Shopper, Conv: c.id, ID: id, Text: text, TS: c.at})
		var sum, all float64
		for k, q := range kinds {
			share := p.Believed[i][k] * likely[k]
			all += share
			sum += share * c.orders(q)
		}
		w.Oracle[id] = sum / all * inTime * (1 - cancelled)
		c.at += 1000 + int64(25_000*math.Exp(c.r.NormFloat64()))
	}
	if c.r.Float64() < c.orders(kinds[p.Kind]) {
		w.buy(c)
	}
}

// orders is the probability of an order in this shop, of a kind of shopper.
func (c *talk) orders(q float64) float64 { return 1 / (1 + math.Exp(-math.Log(q/(1-q))-c.offset)) }

func (w *World) did(c *talk, name string) {
	at := c.at - int64(c.r.Float64()*float64((20*time.Minute).Milliseconds()))
	w.Facts.Behaviors = append(w.Facts.Behaviors, learn.Behavior{Shopper: c.Shopper, Name: name, TS: at})
}

func (w *World) buy(c *talk) {
	o := learn.Order{Shopper: c.Shopper, ID: "o" + c.id, PaidAt: c.at + c.delay(), LostAt: learn.Never, Kept: true}
	later := o.PaidAt + int64(20*float64(time.Hour.Milliseconds())*math.Exp(c.r.NormFloat64()))
	switch u := c.r.Float64(); {
	case u < cancelled:
		o.LostAt, o.Kept = later, false
	case u < cancelled+refunded:
		o.LostAt = later
	}
	w.Facts.Orders = append(w.Facts.Orders, o)
}

// delay is from the last word to the order, ms: minutes, hours, a day.
func (c *talk) delay() int64 {
	r, hour := c.r, float64(time.Hour.Milliseconds())
	switch u := r.Float64(); {
	case c.slow:
	case u < .55:
		return int64(.2 * hour * r.ExpFloat64())
	case u < .85:
		return int64(3 * hour * math.Exp(r.NormFloat64()))
	}
	return int64(26 * hour * math.Exp(.8*r.NormFloat64()))
}

func poisson(r *rand.Rand, mean float64) (n int) {
	for p := r.Float64(); p > math.Exp(-mean); p *= r.Float64() {
		n++
	}
	return n
}

// Before is what was known at a time.
func (w *World) Before(at int64) learn.Facts {
	var f learn.Facts
	for _, m := range w.Facts.Messages {
		if m.TS <= at {
			f.Messages = append(f.Messages, m)
		}
	}
	for _, o := range w.Facts.Orders {
		if o.PaidAt > at {
			continue
		}
		if o.LostAt != learn.Never && o.LostAt > at {
			o.LostAt, o.Kept = learn.Never, true
		}
		f.Orders = append(f.Orders, o)
	}
	for _, b := range w.Facts.Behaviors {
		if b.TS <= at {
			f.Behaviors = append(f.Behaviors, b)
		}
	}
	return f
}

// Shuffled deals the orders out anew: each comes after somebody's conversation,
// and says nothing of it.
func Shuffled(f learn.Facts) learn.Facts {
	r := rand.New(rand.NewPCG(4, 4))
	last := map[string]learn.Message{}
	var convs []string
	for _, m := range f.Messages {
		if before, known := last[m.Conv]; !known {
			convs = append(convs, m.Conv)
		} else if m.TS < before.TS {
			continue
		}
		last[m.Conv] = m
	}
	slices.Sort(convs)
	r.Shuffle(len(convs), func(i, j int) { convs[i], convs[j] = convs[j], convs[i] })
	f.Orders = slices.Clone(f.Orders)
	for i, o := range f.Orders {
		end := last[convs[i]]
		paid := end.TS + 1 + r.Int64N(36*3_600_000)
		if o.LostAt != learn.Never {
			o.LostAt += paid - o.PaidAt
		}
		o.Shopper, o.PaidAt = end.Shopper, paid
		f.Orders[i] = o
	}
	return f
}
