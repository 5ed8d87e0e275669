package report

import (
	"context"
	"fmt"
	"strconv"

	"askbuy/internal/experiment"
)

// Mismatch is an exposure to another variant than the hash gives.
type Mismatch struct {
	ShopID  string  `json:"shop_id"`
	UserID  string  `json:"user_id"`
	EventID string  `json:"event_id"`
	Bucket  float64 `json:"bucket"`
	Shown   string  `json:"shown"`
	Given   string  `json:"given"` // empty: the shopper does not take part
}

// AuditReport compares every exposure of an experiment with the hash.
type AuditReport struct {
	Key        string     `json:"key"`
	Exposures  int64      `json:"exposures"`
	Mismatched int64      `json:"mismatched"`
	First      []Mismatch `json:"first"` // the first hundred
}

// Audit replays the hash in the warehouse over every exposure.
func (x *Experiments) Audit(ctx context.Context, key string) (*AuditReport, error) {
	e, err := x.Find(ctx, key)
	if err != nil {
		return nil, err
	}
	if e.Assignment == experiment.ByExternal {
		return nil, fmt.Errorf("audit experiment %q: assignment external: the sender gives out variants, there is no hash to replay", key)
	}
	r := &AuditReport{Key: key, First: []Mismatch{}}
	p := params(e, x.now().UTC())
	err = each(ctx, x.db, "audit", "SELECT toInt64(count()), toInt64(countIf(a.shown != a.given)) FROM ("+x.sql.Audit+") AS a", p, func(c *cells) {
		r.Exposures, r.Mismatched = c.count(), c.count()
	})
	if err != nil || r.Mismatched == 0 {
		return r, err
	}
	return r, each(ctx, x.db, "mismatches", "SELECT a.shop_id, a.user_id, a.event_id, a.bucket, a.shown, a.given FROM ("+x.sql.Audit+") AS a WHERE a.shown != a.given ORDER BY a.shop_id, a.user_id, a.event_id LIMIT 100", p, func(c *cells) {
		r.First = append(r.First, Mismatch{c.text(), c.text(), c.text(), next[float64](c), c.text(), c.text()})
	})
}

func (r *AuditReport) page(l Lang) page {
	p := page{title: fmt.Sprintf(l.say("%s: %d of %d exposures show what the hash gives", "%s:%d / %d 次曝光与哈希分配一致"), r.Key, r.Exposures-r.Mismatched, r.Exposures)}
	if len(r.First) > 0 {
		s := section{columns: []string{l.say("shopper", "顾客"), l.say("shop", "店铺"), l.say("exposure", "曝光"), l.say("bucket", "分桶"), l.say("shown", "展示"), l.say("hash gives", "哈希分配")}}
		for _, m := range r.First {
			s.rows = append(s.rows, []string{m.UserID, m.ShopID, m.EventID, strconv.FormatFloat(m.Bucket, 'f', 4, 64), m.Shown, orNone(m.Given, l)})
		}
		p.sections = append(p.sections, s)
	}
	return p
}

func (r *AuditReport) sheet() [][]string {
	sheet := [][]string{{"experiment", "shop_id", "user_id", "event_id", "bucket", "shown", "given"}}
	for _, m := range r.First {
		sheet = append(sheet, []string{r.Key, m.ShopID, m.UserID, m.EventID, strconv.FormatFloat(m.Bucket, 'f', 4, 64), m.Shown, m.Given})
	}
	return sheet
}
