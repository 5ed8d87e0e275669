package verify

import (
	"cmp"
	"context"
	"slices"

	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

// sum is a total of amounts: of a shop's orders in one currency, or of its
// funnel.
type sum struct {
	ShopID   string      `json:"shop_id"`
	Of       string      `json:"of"`
	Amount   event.Money `json:"amount_sum"`
	Refunded event.Money `json:"refunded_sum"`
	Net      event.Money `json:"net_sum"`
}

// checkMoney lets the warehouse add amounts up and compares to the cent.
func (v *verifier) checkMoney(ctx context.Context, want *truth.Tables) (Check, error) {
	have, err := query[sum](ctx, v, `(
SELECT shop_id, concat('orders in ', currency) AS of, sum(amount) AS amount_sum, sum(refunded_amount) AS refunded_sum, sum(net_amount) AS net_sum
FROM bi.orders WHERE shop_id IN (`+v.shopList()+`) GROUP BY shop_id, currency
UNION ALL
SELECT shop_id, 'funnel', sum(gross_amount), sum(gross_amount) - sum(gross_amount), sum(net_amount)
FROM bi.funnel_daily WHERE shop_id IN (`+v.shopList()+`) GROUP BY shop_id
) AS s`)
	return compareRows("money", sums(want), have, "shop_id", "of"), err
}

func sums(want *truth.Tables) []sum {
	all := map[[2]string]*sum{}
	add := func(shop, of string, amount, refunded, net event.Money) {
		k := [2]string{shop, of}
		s := cmp.Or(all[k], &sum{ShopID: shop, Of: of})
		s.Amount, s.Refunded, s.Net = s.Amount+amount, s.Refunded+refunded, s.Net+net
		all[k] = s
	}
	for _, o := range want.Orders {
		add(o.ShopID, "orders in "+o.Currency, o.Amount, o.RefundedAmount, o.NetAmount)
	}
	for _, f := range want.Funnel {
		add(f.ShopID, "funnel", f.GrossAmount, 0, f.NetAmount)
	}
	out := make([]sum, 0, len(all))
	for _, s := range all {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b sum) int { return cmp.Or(cmp.Compare(a.ShopID, b.ShopID), cmp.Compare(a.Of, b.Of)) })
	return out
}
