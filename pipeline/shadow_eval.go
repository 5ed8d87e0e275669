package pipeline

import (
	"context"
	"fmt"
	"math"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/judge"
	"askbuy/models/intent/learn"
	warehouse "askbuy/schemas/clickhouse"
)

// Shadowed is what a model said beside those in force, before anybody knew
// what would come of it.
type Shadowed struct {
	Messages int        `json:"messages"`
	Since    *time.Time `json:"since"` // event time of the first; null: none
	Shift    float64    `json:"shift"` // mean distance of p_order from that of the model in force
	// Of those whose conversations are over, as bi.score_quality counts them:
	Conversations int              `json:"conversations"`
	Orders        int              `json:"orders"`
	Change        learn.Difference `json:"change"` // of log loss, from the model in force to this one; 0 without an order
}

// leastShadowOrders is how many orders there must be before what a candidate
// said beside the model in force can refuse it.
const leastShadowOrders = 20

// Refusal is why what was said in the shadow refuses a candidate; nil: it does
// not.
func (s Shadowed) Refusal() *learn.Reason {
	if s.Orders < leastShadowOrders || s.Change.Low <= 0 {
		return nil
	}
	return &learn.Reason{Refusal: learn.WorseInShadow, Detail: fmt.Sprintf(
		"beside the model in force, on %d conversations with %d orders that came after it was made, log loss changes by %v: it is surely worse", s.Conversations, s.Orders, s.Change)}
}

// shadowed sums up what a model said beside others.
func shadowed(ctx context.Context, db *clickhouse.DB, model string) (s Shadowed, err error) {
	params := map[string]any{"model": model}
	all, err := clickhouse.One[struct {
		Messages uint64  `ch:"messages"`
		Since    int64   `ch:"since"`
		Shift    float64 `ch:"shift"`
	}](ctx, db, `
		SELECT count() AS messages, toUnixTimestamp64Milli(min(c.ts)) AS since, ifNotFinite(avg(abs(c.p_order - m.p_order)), 0) AS shift
		FROM (SELECT shop_id, user_id, event_id, ts, p_order FROM `+warehouse.ShadowScores.Name+` FINAL WHERE model_id = {model:String}) AS c
		INNER JOIN (SELECT shop_id, user_id, event_id, p_order FROM `+warehouse.MessageScores.Name+` FINAL) AS m USING (shop_id, user_id, event_id)`, params)
	if err != nil {
		return s, fmt.Errorf("read what was said in the shadow: %w", err)
	}
	if s.Messages, s.Shift = int(all.Messages), all.Shift; s.Messages == 0 {
		return s, nil
	}
	since := time.UnixMilli(all.Since).UTC()
	s.Since = &since
	after, before, err := shadowedUnits(ctx, db, params)
	if err != nil {
		return s, err
	}
	var weight, hits float64
	for _, p := range after {
		weight += p.Weight
		if p.Hit {
			hits += p.Weight
		}
	}
	if s.Conversations, s.Orders = int(math.Round(weight)), int(math.Round(hits)); s.Orders > 0 && s.Conversations > 1 {
		s.Change = learn.Compare(after, before)
	}
	return s, nil
}

// shadowedUnits are the messages by which both are judged.
func shadowedUnits(ctx context.Context, db *clickhouse.DB, params map[string]any) (after, before []judge.Prediction, err error) {
	rows, err := clickhouse.Select[struct {
		Shop   string  `ch:"shop_id"`
		User   string  `ch:"user_id"`
		Weight float64 `ch:"weight"`
		Y      uint8   `ch:"y"`
		After  float64 `ch:"after"`
		Before float64 `ch:"before"`
	}](ctx, db, `
		SELECT u.shop_id AS shop_id, u.user_id AS user_id, u.weight AS weight, u.y AS y, c.p_order AS after, u.p_order AS before
		FROM `+warehouse.Units+` AS u
		INNER JOIN (SELECT shop_id, user_id, event_id, p_order FROM `+warehouse.ShadowScores.Name+` FINAL WHERE model_id = {model:String}) AS c USING (shop_id, user_id, event_id)
		WHERE u.model_id != {model:String}
		ORDER BY shop_id, user_id, u.event_id`, params)
	if err != nil {
		return nil, nil, fmt.Errorf("read units of what was said in the shadow: %w", err)
	}
	clusters := map[[2]string]int{}
	for _, r := range rows {
		shopper := [2]string{r.Shop, r.User}
		if _, known := clusters[shopper]; !known {
			clusters[shopper] = len(clusters)
		}
		p := judge.Prediction{P: r.After, Hit: r.Y != 0, Weight: r.Weight, Cluster: clusters[shopper]}
		after = append(after, p)
		p.P = r.Before
		before = append(before, p)
	}
	return after, before, nil
}
