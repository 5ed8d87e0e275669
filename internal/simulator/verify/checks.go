package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

// oddWindow is one that bi.attribution_models does not show.
const oddWindow = 37

// compare makes every check once.
func (v *verifier) compare(ctx context.Context) (*Report, error) {
	messages, err := read[truth.Message](ctx, v, "bi.messages")
	if err != nil {
		return nil, err
	}
	conversations, err := read[truth.Conversation](ctx, v, "bi.conversations")
	if err != nil {
		return nil, err
	}
	events := v.named(messages)
	want := truth.Derive(events, scoresOf(messages, conversations), v.Shops)
	r := &Report{Checks: []Check{
		compareMessages(want.Messages, messages, v.truth.Meta.Canaries),
		checkScores(messages),
		compareRows("conversations", want.Conversations, conversations, "shop_id", "conv_id", "user_id"),
	}}
	order, perEvent := []string{"shop_id", "order_id"}, []string{"shop_id", "user_id", "event_id"}
	touch := slices.Concat(order, []string{"conv_id", "user_id"})
	for _, add := range []func() (Check, error){
		table(ctx, v, "orders", "bi.orders", want.Orders, order...),
		table(ctx, v, "order_items", "bi.order_items", want.OrderItems, slices.Concat(order, []string{"item_id"})...),
		table(ctx, v, "touches", "bi.touches", want.Touches, touch...),
		table(ctx, v, "attribution_models", "bi.attribution_models", everyModel(want), slices.Concat(touch, []string{"model", "window_hours"})...),
		table(ctx, v, "attribution", oddAttribution(), oddModels(want), slices.Concat(touch, []string{"model"})...),
		table(ctx, v, "funnel_daily", "bi.funnel_daily", want.Funnel, "shop_id", "day", "channel", "intent"),
		table(ctx, v, "claims", claims, want.Claims, "shop_id", "day"),
		table(ctx, v, "behaviors", "bi.behaviors", want.Behaviors, perEvent...),
		table(ctx, v, "exposures", "bi.exposures", want.Exposures, perEvent...),
		table(ctx, v, "exposed_units", exposedUnits, truth.ExposedUnits(want.Exposures), "experiment", "shop_id", "user_id"),
		table(ctx, v, "feedback", "bi.feedback", want.Feedback, perEvent...),
		table(ctx, v, "shops", "bi.shops", want.Shops, "shop_id"),
		func() (Check, error) { return v.checkUnits(ctx, want) },
		func() (Check, error) { return v.checkMoney(ctx, want) },
		func() (Check, error) { return v.checkLetters(ctx) },
		func() (Check, error) { return v.checkLedger(ctx, r) },
		func() (Check, error) { return v.checkPersonalData(ctx, len(messages)) },
	} {
		c, err := add()
		if err != nil {
			return nil, err
		}
		r.Checks = append(r.Checks, c)
	}
	return r, nil
}

// table is the check of one view.
func table[T any](ctx context.Context, v *verifier, check, from string, want []T, key ...string) func() (Check, error) {
	return func() (Check, error) {
		have, err := read[T](ctx, v, from)
		return compareRows(check, want, have, key...), err
	}
}

// claims leaves out days of which there is only a suspicion.
const claims = `(SELECT * FROM bi.claims WHERE claimed + orders + bargaining > 0) AS claims`

// exposedUnits folds the exposures as every experiment's report has to.
const exposedUnits = `(
SELECT experiment, shop_id, user_id, argMin(x.variant, (x.ts, x.event_id)) AS variant, min(x.ts) AS first_exposure_at,
count() AS exposures, uniqExact(x.variant) > 1 AS is_contaminated
FROM bi.exposures AS x WHERE is_test = 0 GROUP BY experiment, shop_id, user_id
) AS exposed_units`

func everyModel(want *truth.Tables) []truth.Attribution {
	var out []truth.Attribution
	for _, model := range truth.Models() {
		for _, hours := range truth.Windows() {
			out = append(out, want.Attribute(model, hours)...)
		}
	}
	return out
}

func oddModels(want *truth.Tables) []truth.Attribution {
	var out []truth.Attribution
	for _, model := range truth.Models() {
		out = append(out, want.Attribute(model, oddWindow)...)
	}
	return out
}

// oddAttribution asks the parameterised view for every model.
func oddAttribution() string {
	var parts []string
	for _, model := range truth.Models() {
		parts = append(parts, fmt.Sprintf(
			"SELECT *, '%s' AS model, %d AS window_hours FROM bi.attribution(model = '%s', window_hours = %d)", model, oddWindow, model, oddWindow))
	}
	return "(" + strings.Join(parts, " UNION ALL ") + ") AS a"
}

// scoresOf takes the scores as they are reported.
func scoresOf(messages []truth.Message, conversations []truth.Conversation) truth.Scores {
	paths := map[string][]string{}
	for _, c := range conversations {
		if len(c.IntentPath) > 0 {
			paths[c.Intent] = c.IntentPath
		}
	}
	out := truth.Scores{}
	for _, m := range messages {
		if m.BuyScore == nil || m.Evidence == nil || m.POrder == nil {
			continue
		}
		out[truth.ScoreKey{ShopID: m.ShopID, UserID: m.UserID, EventID: m.EventID}] = truth.Score{
			Act: m.Act, Intent: m.Intent, IntentPath: paths[m.Intent], Evidence: *m.Evidence,
			BuyScore: *m.BuyScore, POrder: *m.POrder, ModelID: m.ModelID}
	}
	return out
}

// named gives messages that were sent without an id the id that the door gave
// them. One that cannot be found keeps an id that no row has.
func (v *verifier) named(messages []truth.Message) []event.Event {
	type place struct {
		shop, user, conv, role string
		ts                     truth.Millis
	}
	known := map[truth.ScoreKey]bool{}
	for _, e := range v.truth.Events {
		known[truth.ScoreKey{ShopID: e.ShopID, UserID: e.UserID, EventID: e.ID}] = true
	}
	ids := map[place]string{}
	for _, m := range messages {
		if !known[truth.ScoreKey{ShopID: m.ShopID, UserID: m.UserID, EventID: m.EventID}] {
			ids[place{m.ShopID, m.UserID, m.ConvID, m.FromRole, m.TS}] = m.EventID
		}
	}
	out := slices.Clone(v.truth.Events)
	for i := range out {
		e := &out[i]
		if e.ID != "" {
			continue
		}
		e.ID = ids[place{e.ShopID, e.UserID, e.ConvID, string(e.From), truth.Millis(e.TS)}]
		if e.ID == "" {
			e.ID = fmt.Sprintf("(without id, at %d)", e.TS)
		}
	}
	return out
}
