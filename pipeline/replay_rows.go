package pipeline

import (
	"context"
	"fmt"
	"strings"

	"askbuy/internal/clickhouse"
	"askbuy/processors"
	"askbuy/report"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
	"askbuy/sinks"
)

// replayAtOnce is how many shoppers are read together: what bounds the memory
// is the longest of their histories.
const replayAtOnce = 500

// shoppersWith selects the shoppers whom a fact concerns that meets a
// condition: whose message or behaviour it is, and everybody whom an event of
// the order names.
func shoppersWith(messages, behaviors, orders string) string {
	return "SELECT shop_id, user_id FROM " + warehouse.Messages.Name + " WHERE " + messages +
		" UNION DISTINCT SELECT shop_id, user_id FROM " + warehouse.Behaviors.Name + " WHERE " + behaviors +
		" UNION DISTINCT SELECT shop_id, user_id FROM " + warehouse.OrderEvents.Name + " WHERE user_id != '' AND is_test = 0" +
		" AND (shop_id, order_id) IN (SELECT shop_id, order_id FROM " + warehouse.OrderEvents.Name + " WHERE " + orders + ")"
}

// makeShadow makes empty tables, and then the list of the shoppers to replay:
// it must not change while they are walked through.
func (r *replay) makeShadow(ctx context.Context) error {
	if err := r.shadow.create(ctx); err != nil {
		return err
	}
	if _, err := r.erased.Refresh(ctx); err != nil {
		return err
	}
	which := shoppersWith("1", "0", "1")
	if r.From != nil {
		since := fmt.Sprintf("toUnixTimestamp64Milli(ts) >= %d", *r.From)
		which = shoppersWith(since, since, since) +
			" UNION DISTINCT SELECT shop_id, user_id FROM " + warehouse.MessageScores.Name + " WHERE " + since +
			" UNION DISTINCT SELECT shop_id, user_id FROM " + warehouse.Touches.Name + " WHERE " + strings.Replace(since, "(ts)", "(order_at)", 1)
	}
	if err := r.db.Exec(ctx, "INSERT INTO "+r.shadow.shoppers()+" SELECT DISTINCT shop_id, user_id FROM ("+which+")", nil); err != nil {
		return fmt.Errorf("list shoppers: %w", err)
	}
	var err error
	r.outcome.Shoppers, err = r.count(ctx, r.shadow.shoppers())
	return err
}

// rebuild fills the shadow tables: rows of the listed shoppers from facts, in
// the order of their keys, all others as they are.
func (r *replay) rebuild(ctx context.Context) error {
	if r.From != nil {
		others := " WHERE (shop_id, user_id) NOT IN (SELECT shop_id, user_id FROM " + r.shadow.shoppers() + ")"
		if err := r.shadow.copy(ctx, others); err != nil {
			return err
		}
	}
	rebuilder, facts := processors.NewRebuilder(r.force), &processors.Facts{DB: r.db}
	if r.model != nil {
		rebuilder = processors.NewRebuilder(r.force.Instead(r.model))
	}
	var last event.Shopper
	for done := int64(0); ; {
		page, err := r.page(ctx, last)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return r.keepUncertain(ctx)
		}
		histories, err := facts.Shoppers(ctx, page)
		if err != nil {
			return err
		}
		if err := r.write(ctx, rebuilder, page, histories); err != nil {
			return err
		}
		last, done = page[len(page)-1], done+int64(len(page))
		if r.Progress != nil {
			r.Progress(done, r.outcome.Shoppers)
		}
	}
}

// keepUncertain leaves rows as they are, where facts expire, as far as they may
// rest on what is gone: of conversations that reach back to it, and of orders
// of the time after it.
func (r *replay) keepUncertain(ctx context.Context) error {
	messages, orders, err := report.Certain(ctx, r.db)
	if err != nil {
		return err
	}
	of := fmt.Sprintf("(shop_id, user_id, conv_id) IN (SELECT shop_id, user_id, conv_id FROM %s FINAL WHERE toUnixTimestamp64Milli(ts) < %d)", warehouse.MessageScores.Name, messages)
	if err := r.keep(ctx, warehouse.MessageScores, of, "0"); err != nil {
		return err
	}
	// An order one of whose touches has expired has none any more.
	return r.keep(ctx, warehouse.Touches, fmt.Sprintf("notEmpty(touches) AND toUnixTimestamp64Milli(order_at) < %d", orders), "1")
}

// keep has the rows in use that meet a condition take the place of replayed
// ones: of those with their keys, and of those that meet it, too, and another.
func (r *replay) keep(ctx context.Context, t warehouse.Table, where, and string) error {
	either := "(SELECT 1 FROM " + r.shadow.of(t) + " WHERE " + where + " UNION ALL SELECT 1 FROM " + t.Name + " WHERE " + where + ")"
	if n, err := r.count(ctx, either); err != nil || n == 0 {
		return err
	}
	key := "(" + strings.Join(t.Columns[:3], ", ") + ")"
	err := r.db.Exec(ctx, fmt.Sprintf("ALTER TABLE %s %s DELETE WHERE %s IN (SELECT %s FROM %s FINAL WHERE %s) OR %s AND %s",
		r.shadow.of(t), r.cluster.OnCluster(), key, key, t.Name, where, where, and), nil, mutation, replicated)
	if err != nil {
		return fmt.Errorf("keep rows of %s: %w", t.Name, err)
	}
	return r.shadow.move(ctx, t, t.Name, r.shadow.of(t), " FINAL WHERE "+where)
}

// page is the next of the shoppers.
func (r *replay) page(ctx context.Context, after event.Shopper) ([]event.Shopper, error) {
	type row struct {
		ShopID string `ch:"shop_id"`
		UserID string `ch:"user_id"`
	}
	rows, err := clickhouse.Select[row](ctx, r.db, fmt.Sprintf(`SELECT shop_id, user_id FROM %s
		WHERE (shop_id, user_id) > ({shop:String}, {user:String}) ORDER BY shop_id, user_id LIMIT %d`, r.shadow.shoppers(), replayAtOnce),
		map[string]any{"shop": after.ShopID, "user": after.UserID})
	if err != nil {
		return nil, fmt.Errorf("read shoppers: %w", err)
	}
	page := make([]event.Shopper, len(rows))
	for n, s := range rows {
		page[n] = event.Shopper(s)
	}
	return page, nil
}

// write computes the rows of a page and inserts them. Whoever is on the list
// of the erased has no rows of that time, whatever facts are still there.
func (r *replay) write(ctx context.Context, rebuilder *processors.Rebuilder, page []event.Shopper, histories map[event.Shopper]processors.History) error {
	var scores, touches [][]any
	for _, s := range page {
		h := histories[s]
		if !r.erased.Empty() {
			h = h.Without(r.erased.EventGone)
		}
		scored, touched, err := rebuilder.Rows(ctx, s, h, r.version(s))
		if err != nil {
			return err
		}
		for n := range scored {
			scores = append(scores, sinks.ScoreRow(&scored[n]))
		}
		for n := range touched {
			touches = append(touches, sinks.TouchesRow(&touched[n]))
		}
	}
	if err := r.db.Insert(ctx, r.shadow.of(warehouse.MessageScores), warehouse.MessageScores.Columns, scores); err != nil {
		return err
	}
	return r.db.Insert(ctx, r.shadow.of(warehouse.Touches), warehouse.Touches.Columns, touches)
}

// count counts the rows of a table, or of a query in brackets.
func (r *Replayer) count(ctx context.Context, rows string) (int64, error) {
	n, err := clickhouse.One[struct {
		N int64 `ch:"n"`
	}](ctx, r.db, "SELECT toInt64(count()) AS n FROM "+rows, nil)
	if err != nil {
		return 0, fmt.Errorf("count rows: %w", err)
	}
	return n.N, nil
}
