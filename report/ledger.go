package report

import (
	"context"
	"slices"
	"strings"
)

// LedgerRow accounts for the records of one raw topic:
// records = stored + duplicate + conflict + quarantined + erased + in flight + unexplained.
type LedgerRow struct {
	Topic       string `json:"topic"`
	Records     int64  `json:"records"`
	Stored      int64  `json:"stored"`
	Duplicate   int64  `json:"duplicate"`
	Conflict    int64  `json:"conflict"`
	Quarantined int64  `json:"quarantined"`
	Erased      int64  `json:"erased"`
	InFlight    int64  `json:"in_flight"`
	Unexplained int64  `json:"unexplained"`
}

// LedgerPart is what of a topic's row came through one door. The records that
// no sink has read yet have no source.
type LedgerPart struct {
	Source string `json:"source"`
	LedgerRow
}

// SetAside counts dead letters of one stage and reason.
type SetAside struct {
	Stage      string `json:"stage"`
	Reason     string `json:"reason"`
	Letters    int64  `json:"letters"`
	Deliveries int64  `json:"deliveries"` // at least
}

// LedgerReport says what became of everything that was accepted.
type LedgerReport struct {
	Topics   []LedgerRow  `json:"topics"`  // each the sum of its sources
	Sources  []LedgerPart `json:"sources"` // by source, then topic
	Total    LedgerRow    `json:"total"`
	SetAside []SetAside   `json:"set_aside"`
	// NothingLost: every record but those in flight has its receipt.
	NothingLost bool `json:"nothing_lost"`
}

// Ledger asks what became of every record.
func Ledger(ctx context.Context, db database) (*LedgerReport, error) {
	r := &LedgerReport{Topics: []LedgerRow{}, Sources: []LedgerPart{}, SetAside: []SetAside{}}
	err := each(ctx, db, "ledger", `SELECT l.source, l.topic, toInt64(sum(l.records)), toInt64(sum(l.stored)), toInt64(sum(l.duplicate)), toInt64(sum(l.conflict)),
	toInt64(sum(l.quarantined)), toInt64(sum(l.erased)), toInt64(sum(l.in_flight)), toInt64(sum(l.unexplained))
FROM bi.ledger AS l GROUP BY l.source, l.topic ORDER BY l.source, l.topic`, nil, func(c *cells) {
		r.add(LedgerPart{c.text(), LedgerRow{c.text(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count()}})
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, db, "dead letters", `SELECT toString(d.stage), toString(d.reason), toInt64(count()), toInt64(sum(d.deliveries))
FROM bi.dead_letters AS d GROUP BY d.stage, d.reason ORDER BY d.stage, d.reason`, nil, func(c *cells) {
		r.SetAside = append(r.SetAside, SetAside{c.text(), c.text(), c.count(), c.count()})
	})
	if err != nil {
		return nil, err
	}
	r.NothingLost = r.Total.Unexplained == 0
	return r, nil
}

// add counts a part in its topic and in the total. A part of nothing, such as
// that of the records in flight when there are none, only names its topic.
func (r *LedgerReport) add(p LedgerPart) {
	n, known := slices.BinarySearchFunc(r.Topics, p.Topic, func(row LedgerRow, topic string) int { return strings.Compare(row.Topic, topic) })
	if !known {
		r.Topics = slices.Insert(r.Topics, n, LedgerRow{Topic: p.Topic})
	}
	r.Topics[n].add(p.LedgerRow)
	r.Total.add(p.LedgerRow)
	if p.Records > 0 {
		r.Sources = append(r.Sources, p)
	}
}

func (r *LedgerRow) add(o LedgerRow) {
	r.Records += o.Records
	r.Stored += o.Stored
	r.Duplicate += o.Duplicate
	r.Conflict += o.Conflict
	r.Quarantined += o.Quarantined
	r.Erased += o.Erased
	r.InFlight += o.InFlight
	r.Unexplained += o.Unexplained
}
