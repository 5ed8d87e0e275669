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
	Share    float64    `json:"share"` // of the shoppers, those by whom both are judged; 1: all
	// Of those whose conversations are over, as bi.score_quality counts them:
	Conversations int              `json:"conversations"`
	Orders        int              `json:"orders"`
	Change        learn.Difference `json:"change"` // of log loss, from the model in force to this one; 0 without an order
}

// mostUnits is how many messages both are judged by: of more, a sample of the
// shoppers, for what a model said in months does not fit into memory.
const mostUnits = 1_000_000

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

// shadowed sums up what a model said beside others, judged by so many messages
// at most.
func shadowed(ctx context.Context, db *clickhouse.DB, model string, most int) (s Shadowed, err error) {
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
	sample := sample{keep: sampleParts}
	if s.Messages > most {
		sample.keep = uint32(max(sampleParts*most/s.Messages, 1))
	}
	s.Share, params = sample.share(), with(sample.params(), params)
	units, err := shadowedUnits(ctx, db, params)
	if err != nil {
		return s, err
	}
	actions, err := learningActions(ctx, db, "(shop_id, user_id, conv_id) IN (SELECT shop_id, user_id, conv_id FROM "+warehouse.ShadowScores.Name+" WHERE model_id = {model:String}) AND "+sampled("shop_id", "user_id"), params)
	if err != nil {
		return s, fmt.Errorf("read actions on what was said in the shadow: %w", err)
	}
	s.judge(units, learn.StandsFor(actions))
	return s, nil
}

// judge compares both models on their units. As in a training, what was acted
// on because of its score does not count, for its end is that of the action,
// and what was left alone stands for it.
func (s *Shadowed) judge(units []shadowedUnit, stands learn.Stands) {
	var after, before []judge.Prediction
	var share, hits float64
	clusters := map[learn.Shopper]int{}
	for _, u := range units {
		shopper := learn.Shopper{Shop: u.Shop, User: u.User}
		weight := u.Weight * stands.Of(shopper, u.Conv)
		if weight == 0 {
			continue
		}
		share += u.Weight
		if u.Y != 0 {
			hits += u.Weight
		}
		if _, known := clusters[shopper]; !known {
			clusters[shopper] = len(clusters)
		}
		p := judge.Prediction{P: u.After, Hit: u.Y != 0, Weight: weight, Cluster: clusters[shopper]}
		after = append(after, p)
		p.P = u.Before
		before = append(before, p)
	}
	if s.Conversations, s.Orders = int(math.Round(share)), int(math.Round(hits)); s.Orders > 0 && len(clusters) > 1 {
		s.Change = learn.Compare(after, before)
	}
}

// shadowedUnit is a message by which both are judged.
type shadowedUnit struct {
	Shop   string  `ch:"shop_id"`
	User   string  `ch:"user_id"`
	Conv   string  `ch:"conv_id"`
	Weight float64 `ch:"weight"` // 1/n of its conversation
	Y      uint8   `ch:"y"`
	After  float64 `ch:"after"`
	Before float64 `ch:"before"`
}

func shadowedUnits(ctx context.Context, db *clickhouse.DB, params map[string]any) ([]shadowedUnit, error) {
	units, err := clickhouse.Select[shadowedUnit](ctx, db, `
		SELECT u.shop_id AS shop_id, u.user_id AS user_id, u.conv_id AS conv_id, u.weight AS weight, u.y AS y, c.p_order AS after, u.p_order AS before
		FROM `+warehouse.Units+` AS u
		INNER JOIN (SELECT shop_id, user_id, event_id, p_order FROM `+warehouse.ShadowScores.Name+` FINAL WHERE model_id = {model:String}) AS c USING (shop_id, user_id, event_id)
		WHERE u.model_id != {model:String} AND `+sampled("u.shop_id", "u.user_id")+`
		ORDER BY shop_id, user_id, u.event_id`, params)
	if err != nil {
		return nil, fmt.Errorf("read units of what was said in the shadow: %w", err)
	}
	return units, nil
}
