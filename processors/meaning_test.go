package processors

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"askbuy/ingest"
	"askbuy/schemas/clickhouse/meaningtest"
	"askbuy/schemas/event"
)

// The cases of meaning, through door's decoding and this room's join: the
// touches that a case lists are exactly those.
func TestMeaning(t *testing.T) {
	cases := must(meaningtest.Load("../schemas/testdata/meaning.json"))
	arrival := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	played := 0
	for _, c := range cases {
		want, listed := c.Expect.Tables["touches"]
		if !listed || c.Until != "" {
			continue
		}
		played++
		t.Run(c.ID, func(t *testing.T) {
			var events []*event.Event
			for _, body := range c.Events {
				d, fault := ingest.Decode(body.Body, arrival)
				if fault == nil && slices.Contains([]event.Type{event.TypeMessage, event.TypeOrder, event.TypeBehavior}, d.Event.Type) {
					events = append(events, &d.Event)
				}
			}
			for seed := range 20 {
				dice := rand.New(rand.NewPCG(uint64(seed), 3))
				sent := events
				if c.Permute && seed > 0 {
					sent = delivery(dice, events)
				}
				w := newWorld(dice, DefaultLimits(), noBug, seed%4, sent)
				var last []event.OrderTouches
				w.heard = func(r event.OrderTouches) { last = append(last, r) }
				w.run()
				if left := unmatched(want, touchRows(last)); left != "" {
					t.Fatalf("%s (%s): %s", c.Says, c.Why, left)
				}
			}
		})
	}
	if played < 10 {
		t.Errorf("only %d cases list touches", played)
	}
}

// touchRows opens the last versions of rows, as bi.touches does.
func touchRows(said []event.OrderTouches) (rows []meaningtest.Row) {
	last := map[[3]string]event.OrderTouches{}
	for _, r := range said {
		key := [3]string{r.ShopID, r.OrderID, r.UserID}
		if r.Version >= last[key].Version {
			last[key] = r
		}
	}
	for _, r := range last {
		for _, touch := range r.Touches {
			evidence := map[bool]string{true: "explicit", false: "time"}[touch.Explicit]
			rows = append(rows, meaningtest.Row{
				"shop_id": r.ShopID, "order_id": r.OrderID, "user_id": r.UserID, "conv_id": touch.ConvID,
				"touch_at": float64(touch.TouchAt), "order_at": float64(r.OrderAt), "gap_seconds": float64(r.OrderAt-touch.TouchAt) / 1000,
				"rank_last": float64(touch.RankLast), "rank_first": float64(touch.RankFirst), "touches": float64(len(r.Touches)), "evidence": evidence,
			})
		}
	}
	return rows
}

// unmatched compares the fields that are given.
func unmatched(want, got []meaningtest.Row) string {
	got = slices.Clone(got)
	for _, row := range want {
		i := slices.IndexFunc(got, func(g meaningtest.Row) bool {
			for field, v := range row {
				if have, known := g[field]; known && fmt.Sprint(have) != fmt.Sprint(v) {
					return false
				}
			}
			return true
		})
		if i < 0 {
			return fmt.Sprintf("no touch like %s among %s", text(row), text(got))
		}
		got = slices.Delete(got, i, i+1)
	}
	if len(got) > 0 {
		return fmt.Sprintf("touches too many: %s", text(got))
	}
	return ""
}

func text(v any) string { return string(must(json.Marshal(v))) }
