package truth

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"askbuy/schemas/event"
)

// Trial is an experiment that a simulation runs, and what only a simulation
// can know of one: what every shopper would have done under every variant.
type Trial struct {
	Experiment string
	Control    string
	Variants   []string
	Start      Millis
	PlannedEnd Millis
	File       []byte // as askbuy reads it

	Worlds     map[string][]event.Event // by variant: what would have been told had every shopper been given it
	Units      []Unit
	Potentials []Potential
	Effects    []Effect
}

// ExposedUnit is who was exposed to an experiment, whatever experiment that
// is: it follows from the exposures alone.
type ExposedUnit struct {
	Experiment      string `json:"experiment"`
	ShopID          string `json:"shop_id"`
	UserID          string `json:"user_id"`
	Variant         string `json:"variant"` // of the first exposure by (ts, event_id)
	FirstExposureAt Millis `json:"first_exposure_at"`
	Exposures       int64  `json:"exposures"`
	IsContaminated  Flag   `json:"is_contaminated"` // exposed to more than one variant
}

// ExposedUnits folds the exposures that are no tests.
func ExposedUnits(exposures []Exposure) []ExposedUnit {
	type key struct{ experiment, shop, user string }
	live := slices.DeleteFunc(slices.Clone(exposures), func(x Exposure) bool { return x.IsTest == 1 })
	slices.SortFunc(live, func(a, b Exposure) int {
		return cmp.Or(cmp.Compare(a.TS, b.TS), strings.Compare(a.EventID, b.EventID))
	})
	units := map[key]*ExposedUnit{}
	for _, x := range live {
		k := key{x.Experiment, x.ShopID, x.UserID}
		u := units[k]
		if u == nil {
			u = &ExposedUnit{Experiment: x.Experiment, ShopID: x.ShopID, UserID: x.UserID, Variant: x.Variant, FirstExposureAt: x.TS}
			units[k] = u
		}
		u.Exposures++
		if x.Variant != u.Variant {
			u.IsContaminated = 1
		}
	}
	out := make([]ExposedUnit, 0, len(units))
	for _, u := range units {
		out = append(out, *u)
	}
	return out
}

// Terms are when a trial ran, which is enough to tell its units from events.
type Terms struct {
	Experiment string `json:"experiment"`
	Start      Millis `json:"start"`
	PlannedEnd Millis `json:"planned_end"`
}

// UnitRow is a row of bi.experiment_units once all that follows is mature.
type UnitRow struct {
	Experiment          string  `json:"experiment"`
	ShopID              string  `json:"shop_id"`
	UserID              string  `json:"user_id"`
	Variant             string  `json:"variant"`
	FirstExposureAt     Millis  `json:"first_exposure_at"`
	Exposures           int64   `json:"exposures"`
	IsContaminated      Flag    `json:"is_contaminated"`
	Conversations       int64   `json:"conversations"`
	Ordered             int64   `json:"ordered"`
	Carted              int64   `json:"carted"`
	ConversationRevenue float64 `json:"conversation_revenue"`
	Revenue             float64 `json:"revenue"`
	Orders              int64   `json:"orders"`
	RefundedOrders      int64   `json:"refunded_orders"`
}

// Rows are the units of the trial, from what was told.
func (t Terms) Rows(told *Tables) []UnitRow {
	trial := Trial{Experiment: t.Experiment, Start: t.Start, PlannedEnd: t.PlannedEnd}
	trial.Play(told)
	rows := make([]UnitRow, len(trial.Units))
	for i, u := range trial.Units {
		rows[i] = UnitRow{u.Experiment, u.ShopID, u.UserID, u.Variant, u.FirstExposureAt, u.Exposures, u.IsContaminated, u.Did.Conversations, u.Did.Ordered, u.Did.Carted,
			major(u.Did.ConversationRevenue), major(u.Did.Revenue), u.Did.Orders, u.Did.Refunded}
	}
	return rows
}

// Sums are what a unit adds to the experiment's metrics.
type Sums struct {
	Conversations       int64       `json:"conversations"`
	Ordered             int64       `json:"ordered"`              // conversations with an attributed order
	Carted              int64       `json:"carted"`               // conversations
	ConversationRevenue event.Money `json:"conversation_revenue"` // net of attributed orders
	Revenue             event.Money `json:"revenue"`              // net of all orders
	Orders              int64       `json:"orders"`
	Refunded            int64       `json:"refunded"` // orders
}

// Unit is a unit of a trial that counts in it: what it did, and what it would
// have done under each variant.
type Unit struct {
	ExposedUnit
	Did  Sums            `json:"did"`
	With map[string]Sums `json:"with"` // by variant
}

// Potential is what a conversation came to, or would have, by variant.
type Potential struct {
	ShopID string             `json:"shop_id"`
	UserID string             `json:"user_id"`
	ConvID string             `json:"conv_id"`
	With   map[string]Outcome `json:"with"`
}

// Outcome is what is_ordered, is_kept and net_amount of bi.conversations are.
type Outcome struct {
	Ordered   Flag        `json:"ordered"`
	Kept      Flag        `json:"kept"`
	NetAmount event.Money `json:"net_amount"`
}

// Play derives the trial from what was told: its units are those first exposed
// while it ran.
func (t *Trial) Play(told *Tables) {
	worlds := map[string]*Tables{}
	with := map[string]map[event.Shopper]*Sums{}
	units := map[event.Shopper]ExposedUnit{}
	for _, u := range ExposedUnits(told.Exposures) {
		if u.Experiment == t.Experiment && u.FirstExposureAt >= t.Start && u.FirstExposureAt < t.PlannedEnd {
			units[event.Shopper{ShopID: u.ShopID, UserID: u.UserID}] = u
		}
	}
	for variant, events := range t.Worlds {
		worlds[variant] = Derive(events, nil, nil)
		with[variant] = t.sums(worlds[variant], units)
	}
	did := t.sums(told, units)
	for shopper, u := range units {
		unit := Unit{ExposedUnit: u, Did: *did[shopper], With: map[string]Sums{}}
		for variant := range with {
			unit.With[variant] = *with[variant][shopper]
		}
		t.Units = append(t.Units, unit)
	}
	t.potentials(worlds)
	t.effects()
}

const orderHorizon = Millis(attributionHours * time.Hour / time.Millisecond)

// sums adds up what units do from their first exposure on.
func (t *Trial) sums(of *Tables, units map[event.Shopper]ExposedUnit) map[event.Shopper]*Sums {
	out := make(map[event.Shopper]*Sums, len(units))
	for shopper := range units {
		out[shopper] = &Sums{}
	}
	currency := map[string]string{}
	for _, s := range of.Shops {
		currency[s.ShopID] = s.ReportingCurrency
	}
	counts := t.conversationsSince(of, units)
	for key, carted := range counts {
		s := out[event.Shopper{ShopID: key.shop, UserID: key.user}]
		s.Conversations++
		s.Carted += int64(carted)
	}
	ordered := map[convKey]bool{}
	for i := range of.Orders {
		o := &of.Orders[i]
		u, ok := units[event.Shopper{ShopID: o.ShopID, UserID: o.UserID}]
		if !ok || o.PaidAt == nil || *o.PaidAt < u.FirstExposureAt || *o.PaidAt > t.PlannedEnd+orderHorizon {
			continue
		}
		s := out[event.Shopper{ShopID: o.ShopID, UserID: o.UserID}]
		s.Orders++
		s.Refunded += int64(flag(o.NetAmount < o.Amount))
		net := o.NetAmount
		if o.Currency != "" && o.Currency != currency[o.ShopID] {
			net = 0
		}
		s.Revenue += net
		key := convKey{o.ShopID, o.UserID, o.ConvID}
		if _, counted := counts[key]; counted {
			s.ConversationRevenue += net
			if !ordered[key] {
				ordered[key] = true
				s.Ordered++
			}
		}
	}
	return out
}

// conversationsSince lists the units' conversations, those that an exposure
// names and those with a user message since the first exposure while the trial
// runs, and which of them were carted.
func (t *Trial) conversationsSince(of *Tables, units map[event.Shopper]ExposedUnit) map[convKey]Flag {
	counts := map[convKey]Flag{}
	for i := range of.Exposures {
		x := &of.Exposures[i]
		if _, ok := units[event.Shopper{ShopID: x.ShopID, UserID: x.UserID}]; ok && x.Experiment == t.Experiment && x.IsTest == 0 {
			counts[convKey{x.ShopID, x.UserID, x.ConvID}] = 0
		}
	}
	for i := range of.Messages {
		m := &of.Messages[i]
		u, ok := units[event.Shopper{ShopID: m.ShopID, UserID: m.UserID}]
		if ok && m.FromRole == string(event.RoleUser) && m.IsTest == 0 && m.TS >= u.FirstExposureAt && m.TS < t.PlannedEnd {
			counts[convKey{m.ShopID, m.UserID, m.ConvID}] = 0
		}
	}
	known := map[convKey]bool{}
	for i := range of.Conversations {
		c := &of.Conversations[i]
		key := convKey{c.ShopID, c.UserID, c.ConvID}
		known[key] = true
		if _, ok := counts[key]; ok {
			counts[key] = c.IsCarted
		}
	}
	maps.DeleteFunc(counts, func(key convKey, _ Flag) bool { return !known[key] })
	return counts
}

func (t *Trial) potentials(worlds map[string]*Tables) {
	rows := map[convKey]map[string]Outcome{}
	for variant, world := range worlds {
		for i := range world.Conversations {
			c := &world.Conversations[i]
			key := convKey{c.ShopID, c.UserID, c.ConvID}
			if rows[key] == nil {
				rows[key] = map[string]Outcome{}
			}
			rows[key][variant] = Outcome{c.IsOrdered, c.IsKept, c.NetAmount}
		}
	}
	for key, with := range rows {
		t.Potentials = append(t.Potentials, Potential{key.shop, key.user, key.conv, with})
	}
}
