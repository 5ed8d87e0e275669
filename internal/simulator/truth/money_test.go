package truth

import (
	"testing"

	"askbuy/schemas/event"
)

func TestConfiguredShops(t *testing.T) {
	amount := event.Money(100)
	at := int64(1791993600000) // 2026-10-14 16:00 UTC, the 15th in Shanghai
	var events []event.Event
	for _, shop := range []string{"own", "any"} {
		events = append(events,
			event.Event{Type: event.TypeMessage, ID: "m", ShopID: shop, UserID: "u", ConvID: "c", From: event.RoleUser, TS: at},
			event.Event{Type: event.TypeOrder, ID: "o", ShopID: shop, UserID: "u", OrderID: "o", Status: event.StatusPaid, Amount: &amount, Currency: "CNY", TS: at})
	}
	d := Derive(events, nil, map[string]Shop{
		"own": {TimeZone: "Europe/Berlin", ReportingCurrency: "EUR"}, "": {TimeZone: "America/New_York", ReportingCurrency: "CNY"}})
	for _, c := range d.Conversations {
		day, net := Date("2026-10-14"), event.Money(100)
		if c.ShopID == "own" {
			net = 0
		}
		if c.CohortDate != day || c.NetAmount != net || c.OtherCurrencyOrders != int64(flag(c.ShopID == "own")) {
			t.Errorf("%s: %+v", c.ShopID, c)
		}
	}
	if day := Derive(events, nil, nil).Conversations[0].CohortDate; day != "2026-10-15" {
		t.Errorf("in Shanghai it is %s, want 2026-10-15", day)
	}
	if got := location("Nowhere/City").String(); got != "UTC" {
		t.Errorf("an unknown zone is %s", got)
	}
}
