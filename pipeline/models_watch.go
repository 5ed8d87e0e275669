package pipeline

import (
	"context"
	"fmt"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/models/intent/learn"
	warehouse "askbuy/schemas/clickhouse"
)

// MeasuredDrift is what a running instance last saw of a model in force.
type MeasuredDrift struct {
	learn.Drift
	MeasuredAt time.Time `json:"measured_at"`
	Notable    bool      `json:"notable"` // worth a look
}

// lastDrift is the latest measurement of each model.
func lastDrift(ctx context.Context, db *clickhouse.DB) (map[string]*MeasuredDrift, error) {
	rows, err := clickhouse.Select[struct {
		Model         string    `ch:"model_id"`
		At            time.Time `ch:"measured_at"`
		Messages      uint64    `ch:"messages"`
		Novelty       float64   `ch:"novelty"`
		Expected      float64   `ch:"expected_novelty"`
		Known         uint8     `ch:"is_known"`
		PSI           float64   `ch:"psi"`
		Conversations uint64    `ch:"conversations"`
		Z             float64   `ch:"z"`
	}](ctx, db, `
		SELECT toString(model_id) AS model_id, measured_at, messages, novelty, expected_novelty, is_known, psi, conversations, z
		FROM `+warehouse.ModelDrift.Name+` FINAL ORDER BY measured_at DESC LIMIT 1 BY model_id`, nil)
	if err != nil {
		return nil, fmt.Errorf("read drift: %w", err)
	}
	all := map[string]*MeasuredDrift{}
	for _, r := range rows {
		d := learn.Drift{Messages: int(r.Messages), Novelty: r.Novelty, Expected: r.Expected, Known: r.Known != 0, PSI: r.PSI, Conversations: int(r.Conversations), Z: r.Z}
		all[r.Model] = &MeasuredDrift{d, r.At.UTC(), d.Notable()}
	}
	return all, nil
}

// shadowCounts are how many messages each model scored beside others.
func shadowCounts(ctx context.Context, db *clickhouse.DB) (map[string]int, error) {
	rows, err := clickhouse.Select[struct {
		Model string `ch:"model_id"`
		N     uint64 `ch:"n"`
	}](ctx, db, "SELECT toString(model_id) AS model_id, uniqExact(shop_id, user_id, event_id) AS n FROM "+warehouse.ShadowScores.Name+" GROUP BY model_id", nil)
	if err != nil {
		return nil, fmt.Errorf("count scores in the shadow: %w", err)
	}
	all := map[string]int{}
	for _, r := range rows {
		all[r.Model] = int(r.N)
	}
	return all, nil
}
