package report

import (
	"context"
	"fmt"
	"strings"
	"time"

	"askbuy/schemas/event"
)

// LetterFilter narrows the dead letters. Empty fields do not.
type LetterFilter struct {
	IDs    []string // hex
	At     *Place   // of any delivery
	Stage  string
	Reason string
	Source string
	Shop   string
	Since  time.Time // of the first delivery, included
	Until  time.Time // not included
	Limit  int       // how many letters are listed, the newest first; must be above 0
}

// Place is where a record stands: a topic without its prefix, a partition, an
// offset, and which life of the topic they are of (0: any).
type Place struct {
	Topic     string
	Partition int32
	Offset    int64
	Epoch     int64
}

// epochShift takes a position apart: see event.At.
const epochShift = 40

// String is the place as it is given to commands.
func (p Place) String() string { return fmt.Sprintf("%s:%d:%d", p.Topic, p.Partition, p.Offset) }

// DeadLetter is an event that was set aside for one reason, as bi.dead_letters
// has it, and what it takes to find its bytes.
type DeadLetter struct {
	ID         string       `json:"id"`
	ReceivedAt time.Time    `json:"received_at"` // of the first delivery
	Deliveries int64        `json:"deliveries"`  // at least
	Stage      event.Stage  `json:"stage"`
	Reason     event.Reason `json:"reason"`
	Source     string       `json:"source"`
	ShopID     string       `json:"shop_id"`
	Type       string       `json:"type"`
	EventID    string       `json:"event_id"`
	Detail     string       `json:"detail"`
	Topic      string       `json:"topic"` // with partition and offset: the place of the first delivery
	Partition  int32        `json:"partition"`
	Offset     int64        `json:"offset"`
	First      Place        `json:"-"` // the same place
	Last       Place        `json:"-"` // of the latest delivery, which the broker keeps longest
}

// DeadLettersReport is what was set aside.
type DeadLettersReport struct {
	Reasons []SetAside   `json:"reasons"` // of all that the filter matches, most letters first
	Total   SetAside     `json:"total"`
	Letters []DeadLetter `json:"letters"` // the newest first, as many as asked for
}

// letterFold makes one row of a letter's deliveries as bi.dead_letters does,
// with the id and the places that the view leaves out. Ids come from a key of
// each installation: a view that had them could not be compared with another's.
const letterFold = `(
	SELECT id, min(d.received_at) AS arrived, toInt64(count()) AS n,
		argMin((toString(d.stage), toString(d.reason), toString(d.source), d.shop_id, toString(d.type), d.event_id, d.detail),
			(d.received_at, toString(d.topic), d.partition, d.position)) AS of,
		argMin((toString(d.topic), d.partition, d.position), (d.received_at, toString(d.topic), d.partition, d.position)) AS first,
		argMax((toString(d.topic), d.partition, d.position), (d.received_at, toString(d.topic), d.partition, d.position)) AS last
	FROM askbuy.dead_letters AS d FINAL GROUP BY id
) AS l`

// DeadLetters asks what was set aside.
func DeadLetters(ctx context.Context, db database, f LetterFilter) (*DeadLettersReport, error) {
	r := &DeadLettersReport{Reasons: []SetAside{}, Letters: []DeadLetter{}}
	where, params := f.where()
	err := each(ctx, db, "dead letters' reasons", `SELECT l.of.1 AS stage, l.of.2 AS reason, toInt64(count()) AS letters, toInt64(sum(l.n)) AS said
FROM `+letterFold+` WHERE `+where+` GROUP BY stage, reason ORDER BY letters DESC, stage, reason`, params, func(c *cells) {
		one := SetAside{c.text(), c.text(), c.count(), c.count()}
		r.Reasons = append(r.Reasons, one)
		r.Total.Letters += one.Letters
		r.Total.Deliveries += one.Deliveries
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, db, "dead letters", `SELECT l.id, l.arrived, l.n, l.of.1, l.of.2, l.of.3, l.of.4, l.of.5, l.of.6, l.of.7,
	l.first.1, l.first.2, l.first.3, l.last.1, l.last.2, l.last.3
FROM `+letterFold+` WHERE `+where+` ORDER BY l.arrived DESC, l.id LIMIT `+integer(int64(f.Limit)), params, func(c *cells) {
		r.Letters = append(r.Letters, readLetter(c))
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func readLetter(c *cells) DeadLetter {
	l := DeadLetter{ID: c.text(), ReceivedAt: next[time.Time](c), Deliveries: c.count(),
		Stage: event.Stage(c.text()), Reason: event.Reason(c.text()), Source: c.text(), ShopID: c.text(), Type: c.text(), EventID: c.text(), Detail: c.text(),
		First: readPlace(c), Last: readPlace(c)}
	l.Topic, l.Partition, l.Offset = l.First.Topic, l.First.Partition, l.First.Offset
	return l
}

func readPlace(c *cells) Place {
	p := Place{Topic: c.text(), Partition: next[int32](c)}
	position := c.count()
	p.Epoch, p.Offset = position>>epochShift, position&(1<<epochShift-1)
	return p
}

// where is the filter as SQL over letterFold, and its parameters.
func (f LetterFilter) where() (string, map[string]any) {
	conditions, params := []string{"1"}, map[string]any{}
	add := func(given bool, condition, name string, value any) {
		if given {
			conditions = append(conditions, condition)
			params[name] = value
		}
	}
	add(len(f.IDs) > 0, "l.id IN splitByChar(',', {ids:String})", "ids", strings.Join(f.IDs, ","))
	add(f.Stage != "", "l.of.1 = {stage:String}", "stage", f.Stage)
	add(f.Reason != "", "l.of.2 = {reason:String}", "reason", f.Reason)
	add(f.Source != "", "l.of.3 = {source:String}", "source", f.Source)
	add(f.Shop != "", "l.of.4 = {shop:String}", "shop", f.Shop)
	add(!f.Since.IsZero(), "l.arrived >= {since:DateTime64(3, 'UTC')}", "since", f.Since)
	add(!f.Until.IsZero(), "l.arrived < {until:DateTime64(3, 'UTC')}", "until", f.Until)
	if f.At != nil {
		add(true, `l.id IN (SELECT id FROM askbuy.dead_letters WHERE topic = {topic:String}
	AND partition = {partition:Int32} AND bitAnd(position, 0xFFFFFFFFFF) = {offset:Int64})`, "topic", f.At.Topic)
		params["partition"], params["offset"] = f.At.Partition, f.At.Offset
	}
	return strings.Join(conditions, " AND "), params
}
