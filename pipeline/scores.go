package pipeline

import (
	"context"
	"fmt"
	"time"

	"askbuy/ingest"
	"askbuy/internal/clickhouse"
	"askbuy/models/intent"
	"askbuy/models/registry"
	"askbuy/schemas/event"
)

// scoreText answers POST /v1/score: what a text tells as the first message of
// a conversation.
func scoreText(models *registry.Force) ingest.ScoreFunc {
	return func(ctx context.Context, shop, text string) (ingest.Score, error) {
		model, err := models.Now(ctx)
		if err != nil {
			return ingest.Score{}, err
		}
		scored := model.Score(text)
		folded := intent.Fold(shop, []intent.Point{{
			Evidence: scored.Evidence, Bargain: scored.Act == intent.Bargain, Params: model.Params(),
		}}, nil)[0]
		entities := make([]ingest.Entity, 0, len(scored.Entities))
		for _, e := range scored.Entities {
			entities = append(entities, ingest.Entity(e))
		}
		return ingest.Score{
			Intent: scored.Intent, IntentPath: scored.IntentPath, Entities: entities,
			IntentLevel: level(folded.BuyScore), BuyScore: folded.BuyScore, POrder: folded.POrder, ModelID: model.ID(),
		}, nil
	}
}

func level(buyScore float64) string {
	if buyScore >= intent.HighIntent {
		return "high"
	}
	return "low"
}

// recentIntent is for how long a shopper's latest intent is an answer.
const recentIntent = 300 * time.Second

// latestIntent answers GET /v1/shoppers/{user_id}/intent from the scores.
func latestIntent(db *clickhouse.DB) ingest.IntentFunc {
	type row struct {
		ConvID   string   `ch:"conv_id"`
		EventID  string   `ch:"event_id"`
		TS       int64    `ch:"at"`
		Intent   string   `ch:"intent"`
		Path     []string `ch:"intent_path"`
		BuyScore float64  `ch:"buy_score"`
		POrder   float64  `ch:"p_order"`
		ModelID  string   `ch:"model_id"`
	}
	const query = `
SELECT s.conv_id AS conv_id, s.event_id AS event_id, toUnixTimestamp64Milli(s.ts) AS at, s.intent AS intent,
       s.intent_path AS intent_path, s.buy_score AS buy_score, s.p_order AS p_order, s.model_id AS model_id
FROM (SELECT * FROM askbuy.message_scores FINAL WHERE shop_id = {shop:String} AND user_id = {user:String}) AS s
JOIN (SELECT event_id FROM askbuy.messages FINAL
      WHERE shop_id = {shop:String} AND user_id = {user:String} AND received_at >= now64(3) - toIntervalSecond({seconds:UInt32})) AS m USING (event_id)
ORDER BY s.ts DESC, s.event_id DESC LIMIT 1`
	return func(ctx context.Context, s event.Shopper) (ingest.LatestIntent, bool, error) {
		rows, err := clickhouse.Select[row](ctx, db, query, map[string]any{
			"shop": s.ShopID, "user": s.UserID, "seconds": int(recentIntent.Seconds()),
		})
		if err != nil || len(rows) == 0 {
			return ingest.LatestIntent{}, false, wrap("read latest intent", err)
		}
		r := rows[0]
		return ingest.LatestIntent{
			ShopID: s.ShopID, UserID: s.UserID, ConvID: r.ConvID, EventID: r.EventID, TS: r.TS,
			Intent: r.Intent, IntentPath: r.Path, IntentLevel: level(r.BuyScore), BuyScore: r.BuyScore, POrder: r.POrder, ModelID: r.ModelID,
		}, true, nil
	}
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
