package report

import (
	"context"
	"errors"
	"fmt"

	"askbuy/internal/judge"
	schema "askbuy/schemas/clickhouse"
)

// ScoreFilter narrows the report on scores. Empty fields do not.
type ScoreFilter struct {
	Shop  string `json:"shop_id,omitempty"`
	Model string `json:"model_id,omitempty"`
	From  string `json:"from,omitempty"` // days of the messages, both included
	To    string `json:"to,omitempty"`
	// Threshold of buy_score, 0 to 1, that is shown beside the usual ones.
	Threshold float64 `json:"threshold"`
}

// Validate reports every problem at once.
func (f ScoreFilter) Validate() error {
	problem := f.days().Validate()
	if !(f.Threshold >= 0 && f.Threshold <= 1) {
		problem = errors.Join(problem, fmt.Errorf("--threshold: %v is no score: write a number from 0 to 1, such as 0.7", f.Threshold))
	}
	return problem
}

func (f ScoreFilter) days() Filter { return Filter{Shop: f.Shop, From: f.From, To: f.To} }

// units is the filter as a source of units.
func (f ScoreFilter) units() (source string, params map[string]any) {
	where, params := f.days().where("shop_id", "toString(day)", "", "")
	if f.Model != "" {
		where += " AND model_id = {model:String}"
		params["model"] = f.Model
	}
	return "(SELECT * FROM " + schema.Units + " WHERE " + where + ")", params
}

// Quality is how good p_order was over some messages. A conversation weighs 1,
// shared by its messages before the first attributed order.
type Quality struct {
	Key      string   `json:"key"` // the model, shop, day or number of the message; "" of the total
	Messages int64    `json:"messages"`
	N        float64  `json:"n"` // sum of weights
	Expected float64  `json:"expected_orders"`
	Actual   float64  `json:"actual_orders"` // kept
	Ratio    *float64 `json:"expected_over_actual"`
	AUC      *float64 `json:"auc"`
	PRAUC    *float64 `json:"pr_auc"`
	Brier    *float64 `json:"brier"`
	ECE      *float64 `json:"ece"`
}

// Bin is one row of the reliability table: what was said and what came.
type Bin struct {
	From     float64 `json:"from"` // included; the end is excluded but for 1
	To       float64 `json:"to"`
	Messages int64   `json:"messages"`
	N        float64 `json:"n"`
	Said     float64 `json:"mean_p_order"`
	Came     float64 `json:"rate"`
	Low      float64 `json:"rate_low"` // Wilson 95 % for n trials
	High     float64 `json:"rate_high"`
}

// AtThreshold is what acting on buy_score from a threshold on would have met.
type AtThreshold struct {
	Threshold float64  `json:"threshold"`
	Messages  int64    `json:"messages"` // at or above it
	N         float64  `json:"n"`        // volume: their sum of weights
	Volume    *float64 `json:"volume_share"`
	Precision *float64 `json:"precision"`
	Low       *float64 `json:"precision_low"` // Wilson 95 % for n trials
	High      *float64 `json:"precision_high"`
	Recall    *float64 `json:"recall"`
	Lift      *float64 `json:"lift"` // precision over the rate of all
}

// ScoreReport says how far the scores can be trusted.
type ScoreReport struct {
	Filter        ScoreFilter          `json:"filter"`
	Total         Quality              `json:"total"`
	Decomposition *judge.Decomposition `json:"brier_decomposition"` // null when there is nothing to measure
	Reliability   []Bin                `json:"reliability"`
	Thresholds    []AtThreshold        `json:"thresholds"`
	Models        []Quality            `json:"models"`
	Shops         []Quality            `json:"shops"`
	Days          []Quality            `json:"days"`
	Prefixes      []Quality            `json:"prefixes"` // 5 stands for the fifth message and all later ones
}

// Score asks how good the scores of closed conversations were.
func Score(ctx context.Context, db database, f ScoreFilter) (*ScoreReport, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	r := &ScoreReport{Filter: f, Reliability: []Bin{}, Thresholds: []AtThreshold{}}
	var total []Quality
	for _, by := range []struct {
		key  string
		into *[]Quality
	}{{"''", &total}, {"model_id", &r.Models}, {"shop_id", &r.Shops}, {"toString(day)", &r.Days}, {"toString(prefix)", &r.Prefixes}} {
		var err error
		if *by.into, err = readQuality(ctx, db, f, by.key); err != nil {
			return nil, err
		}
	}
	if len(total) > 0 {
		r.Total = total[0]
	}
	for _, read := range []func(context.Context, database) error{r.readDecomposition, r.readReliability, r.readThresholds} {
		if err := read(ctx, db); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func readQuality(ctx context.Context, db database, f ScoreFilter, key string) ([]Quality, error) {
	units, params := f.units()
	sql := `SELECT q.of, toInt64(q.messages), q.n, q.sum_p, q.sum_y, q.auc, q.pr_auc, q.brier, q.ece
FROM (` + schema.Quality("of", "(SELECT toString("+key+") AS of, p_order, weight, y FROM "+units+")") + `) AS q ORDER BY q.of`
	list := []Quality{}
	err := each(ctx, db, "quality of scores", sql, params, func(c *cells) {
		q := Quality{Key: c.text(), Messages: c.count(), N: next[float64](c), Expected: next[float64](c), Actual: next[float64](c),
			AUC: c.figure(), PRAUC: c.figure(), Brier: c.figure(), ECE: c.figure()}
		q.Ratio = over(q.Expected, q.Actual)
		list = append(list, q)
	})
	return list, err
}

// over is a / b, nil when that says nothing.
func over(a, b float64) *float64 {
	if b == 0 {
		return nil
	}
	v := a / b
	return &v
}
