package report

import "context"

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

// SetAside counts dead letters of one stage and reason.
type SetAside struct {
	Stage      string `json:"stage"`
	Reason     string `json:"reason"`
	Letters    int64  `json:"letters"`
	Deliveries int64  `json:"deliveries"` // at least
}

// LedgerReport says what became of everything that was accepted.
type LedgerReport struct {
	Topics   []LedgerRow `json:"topics"`
	Total    LedgerRow   `json:"total"`
	SetAside []SetAside  `json:"set_aside"`
	// NothingLost: every record but those in flight has its receipt.
	NothingLost bool `json:"nothing_lost"`
}

// Ledger asks what became of every record.
func Ledger(ctx context.Context, db database) (*LedgerReport, error) {
	r := &LedgerReport{Topics: []LedgerRow{}, SetAside: []SetAside{}}
	err := each(ctx, db, "ledger", `SELECT l.topic, toInt64(sum(l.records)), toInt64(sum(l.stored)), toInt64(sum(l.duplicate)), toInt64(sum(l.conflict)),
	toInt64(sum(l.quarantined)), toInt64(sum(l.erased)), toInt64(sum(l.in_flight)), toInt64(sum(l.unexplained))
FROM bi.ledger AS l GROUP BY l.topic ORDER BY l.topic`, nil, func(c *cells) {
		row := LedgerRow{c.text(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count(), c.count()}
		r.Topics = append(r.Topics, row)
		r.Total.add(row)
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
