package knowledge

import (
	"context"
	"fmt"

	"askbuy/internal/clickhouse"
)

const (
	// since is for how many days an unanswered question waits.
	since = 90
	// maxAsked is how many wordings of a shop are looked at: those asked most.
	maxAsked = 2000
)

// Facts are the replies that the warehouse has.
type Facts struct{ DB *clickhouse.DB }

// Unanswered are the wordings that the bot put off or asked back about, of one
// shop or, with "", of all. An erased shopper's are gone with their messages.
func (f Facts) Unanswered(ctx context.Context, shop string) ([]Asked, error) {
	type row struct {
		ShopID   string `ch:"shop_id"`
		Text     string `ch:"text"`
		Language string `ch:"language"`
		Count    uint64 `ch:"asked"`
		First    int64  `ch:"first"`
		Last     int64  `ch:"last"`
	}
	rows, err := clickhouse.Select[row](ctx, f.DB, fmt.Sprintf(`
SELECT r.shop_id AS shop_id, m.text AS text, any(r.language) AS language, count() AS asked,
       toUnixTimestamp64Milli(min(r.ts)) AS first, toUnixTimestamp64Milli(max(r.ts)) AS last
FROM (SELECT shop_id, user_id, question_event_id, language, ts FROM askbuy.replies FINAL
      WHERE ({shop:String} = '' OR shop_id = {shop:String}) AND is_answered = 0 AND is_test = 0 AND received_at >= now64(3) - toIntervalDay(%[1]d)) AS r
JOIN (SELECT shop_id, user_id, event_id, text FROM askbuy.messages FINAL
      WHERE ({shop:String} = '' OR shop_id = {shop:String}) AND from_role = 'user' AND text != ''
        AND (shop_id, user_id, event_id) IN (SELECT shop_id, user_id, question_event_id FROM askbuy.replies
          WHERE ({shop:String} = '' OR shop_id = {shop:String}) AND is_answered = 0 AND is_test = 0 AND received_at >= now64(3) - toIntervalDay(%[1]d))) AS m
  ON r.shop_id = m.shop_id AND r.user_id = m.user_id AND r.question_event_id = m.event_id
GROUP BY shop_id, text ORDER BY asked DESC, first, text LIMIT %[2]d BY shop_id`, since, maxAsked), map[string]any{"shop": shop})
	if err != nil {
		return nil, fmt.Errorf("read unanswered questions: %w", err)
	}
	asked := make([]Asked, len(rows))
	for i, r := range rows {
		asked[i] = Asked(r)
	}
	return asked, nil
}
