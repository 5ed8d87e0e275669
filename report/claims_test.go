package report

import (
	"fmt"
	"testing"

	schema "askbuy/schemas/clickhouse"
)

func sampleClaims() *ClaimsReport {
	row := func(key string) ClaimRow {
		r := ClaimRow{Key: key, ClaimCounts: ClaimCounts{50, 61, 40, 30, 400, 20, 12, 25, 9, 17}, closed: 45}
		r.finish()
		return r
	}
	return &ClaimsReport{Filter: Filter{Shop: "1024"}, Total: row(""), Days: []ClaimRow{row("2026-06-01")}, Shops: []ClaimRow{row("=1024")},
		Reasons: []ReasonCount{{"claim_without_order", 10, .612}, {"repeated_claims", 1, .744}, {"lost_orders", 4, .3}, {"bargain_without_cart", 9, .278}}}
}

func TestClaimsOfAShop(t *testing.T) {
	f := newFixture(t)
	f.put(schema.Messages, map[string]any{"shop_id": "s", "user_id": "u1", "conv_id": "c", "event_id": "m1", "from_role": "user", "ts": t0},
		map[string]any{"shop_id": "s", "user_id": "u2", "conv_id": "c", "event_id": "m1", "from_role": "user", "ts": t0})
	f.put(schema.MessageScores, map[string]any{"shop_id": "s", "user_id": "u1", "conv_id": "c", "event_id": "m1", "ts": t0, "act": "purchase_claim"},
		map[string]any{"shop_id": "s", "user_id": "u2", "conv_id": "c", "event_id": "m1", "ts": t0, "act": "purchase_claim"})
	f.paid("u2", "o1", t0+hour, "5.00", nil)
	r, err := Claims(t.Context(), f.DB, Filter{Shop: "s"})
	f.must(err)
	want := ClaimCounts{Claimed: 2, Messages: 2, Ordered: 1, Kept: 1, Orders: 1, Suspected: 1}
	if r.Total.ClaimCounts != want || *r.Total.KeptRate.Value != .5 || *r.Total.Maturity != 1 {
		t.Errorf("total %+v", r.Total)
	}
	if len(r.Days) != 1 || r.Days[0].Key != "2026-06-01" || len(r.Shops) != 1 || r.Shops[0].ClaimCounts != want || fmt.Sprint(r.Reasons) != "[{claim_without_order 1 0.6}]" {
		t.Errorf("days %+v, shops %+v, reasons %v", r.Days, r.Shops, r.Reasons)
	}
	r, err = Claims(t.Context(), f.DB, Filter{From: "2026-06-02"})
	f.must(err)
	if r.Total.ClaimCounts != (ClaimCounts{}) || r.Total.KeptRate.Warning != NothingToMeasure || len(r.Reasons) != 0 {
		t.Errorf("of nothing: %+v", r)
	}
}
