package report

import (
	"context"
	"fmt"
	"strings"

	schema "askbuy/schemas/clickhouse"
)

// Shadow is what a replay is compared by: tables beside those in use.
type Shadow struct {
	MessageScores, Touches string // tables, with their database
	// LeftOut selects shop_id and user_id of shoppers who are not compared,
	// because more was said of them meanwhile.
	LeftOut string
}

// AgainstShadow compares the rows in use with those of a replay, row by row:
// all that they say, but their versions. Rows lists the first differences;
// Shoppers stays empty, for they may be everybody.
func AgainstShadow(ctx context.Context, db database, s Shadow) (*Diff, error) {
	d := &Diff{Differences: []Difference{}}
	for _, c := range []comparison{
		{"message_scores", "event_id", s.compared(wholeScores(s.MessageScores)), s.compared(wholeScores("askbuy.message_scores"))},
		{"touches", "order_id", s.compared(wholeTouches(s.Touches)), s.compared(wholeTouches("askbuy.touches"))},
	} {
		if err := d.list(ctx, db, c); err != nil {
			return nil, err
		}
		err := each(ctx, db, "number of differences of "+c.table, "SELECT toInt64(count()) FROM ("+c.sql()+")", nil, func(row *cells) { d.Rows += row.count() })
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (s Shadow) compared(rows string) string {
	return "SELECT shop_id, user_id, k, row FROM (" + rows + ") WHERE (shop_id, user_id) NOT IN (" + s.LeftOut + ")"
}

// wholeScores has every column but the key and the version, so that a new one
// is compared as well. stored_at, which the server fills in, is not among them:
// it tells when a row was stored, not what it says.
func wholeScores(table string) string {
	said := schema.MessageScores.Columns[3 : len(schema.MessageScores.Columns)-1]
	return `
	SELECT shop_id, user_id, event_id AS k, toString((` + strings.Join(said, ", ") + `)) AS row
	FROM ` + table + ` FINAL`
}

// Absent rows of touches say what empty ones do.
func wholeTouches(table string) string {
	return `
	SELECT shop_id, user_id, order_id AS k, toString((toUnixTimestamp64Milli(t.order_at), t.named_conv_id,
		arraySort(arrayMap(x -> (x.conv_id, toUnixTimestamp64Milli(x.touch_at), x.explicit, x.rank_last, x.rank_first, x.buy_score), t.touches)))) AS row
	FROM ` + table + ` AS t FINAL
	WHERE notEmpty(t.touches)`
}

// ScoreChange is how the scores of a replay differ from those in use, over the
// messages that both score.
type ScoreChange struct {
	Messages int64 `json:"messages"`
	// High are the shares of messages at or above 0.7, now and replayed;
	// Crossed is the share that changes sides.
	HighNow      float64 `json:"high_now"`
	HighReplayed float64 `json:"high_replayed"`
	Crossed      float64 `json:"crossed"`
	// Mean and greatest absolute differences.
	MeanBuyScore float64 `json:"mean_abs_buy_score"`
	MeanPOrder   float64 `json:"mean_abs_p_order"`
	MostPOrder   float64 `json:"max_abs_p_order"`
	Intents      float64 `json:"intents_changed"` // share with another intent
}

// ScoresAgainstShadow sums up what a replay would do to the scores.
func ScoresAgainstShadow(ctx context.Context, db database, s Shadow) (*ScoreChange, error) {
	c := &ScoreChange{}
	sql := fmt.Sprintf(`
	SELECT toInt64(count()),
		ifNotFinite(avg(a.buy_score >= 0.7), 0), ifNotFinite(avg(b.buy_score >= 0.7), 0), ifNotFinite(avg((a.buy_score >= 0.7) != (b.buy_score >= 0.7)), 0),
		ifNotFinite(avg(abs(a.buy_score - b.buy_score)), 0), ifNotFinite(avg(abs(a.p_order - b.p_order)), 0), max(abs(a.p_order - b.p_order)),
		ifNotFinite(avg(a.intent != b.intent), 0)
	FROM (SELECT shop_id, user_id, event_id, intent, buy_score, p_order FROM askbuy.message_scores FINAL WHERE (shop_id, user_id) NOT IN (%s)) AS a
	INNER JOIN (SELECT shop_id, user_id, event_id, intent, buy_score, p_order FROM %s FINAL) AS b USING (shop_id, user_id, event_id)`, s.LeftOut, s.MessageScores)
	err := each(ctx, db, "change of scores", sql, nil, func(row *cells) {
		c.Messages = row.count()
		for _, into := range []*float64{&c.HighNow, &c.HighReplayed, &c.Crossed, &c.MeanBuyScore, &c.MeanPOrder, &c.MostPOrder, &c.Intents} {
			*into = next[float64](row)
		}
	})
	return c, err
}
