package main

import (
	"context"
	"regexp"
	"slices"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/simulator/verify"
)

// lies are what a fault would leave in the tables, and the checks that must
// notice. Each is told in place of one table's rows.
var lies = []struct {
	name, table, rows string
	red               []string
}{
	{
		"a message counts twice, as without deduplication", "askbuy.messages",
		`SELECT * FROM truth_of_lies UNION ALL SELECT * REPLACE (concat(event_id, '-again') AS event_id) FROM
			(SELECT * FROM truth_of_lies FINAL WHERE from_role = 'user' AND is_test = 0 ORDER BY shop_id, user_id, event_id LIMIT 1)`,
		[]string{"messages", "conversations"},
	},
	{
		"an order event is missing", "askbuy.order_events",
		`SELECT * FROM truth_of_lies WHERE (shop_id, order_id) !=
			(SELECT (shop_id, order_id) FROM truth_of_lies WHERE status = 'paid' AND is_test = 0 ORDER BY shop_id, order_id LIMIT 1)`,
		[]string{"orders"},
	},
	{
		"touches are candidates for a day, not for 30", "askbuy.touches",
		`SELECT * REPLACE (arrayFilter(t -> order_at - t.touch_at <= 86400, touches) AS touches) FROM truth_of_lies`,
		[]string{"touches", "attribution_models", "attribution"},
	},
	{
		"arrival is taken for event time", "askbuy.messages",
		`SELECT * REPLACE (received_at AS ts, ts AS received_at) FROM truth_of_lies`,
		[]string{"messages", "conversations", "funnel_daily"},
	},
	{
		"a refund is a cent less", "askbuy.order_events",
		`SELECT * REPLACE (refund_amount - 0.01 AS refund_amount, refunded_amount - 0.01 AS refunded_amount) FROM truth_of_lies`,
		[]string{"orders", "money"},
	},
	{
		"a score is of another conversation", "askbuy.message_scores",
		`SELECT * REPLACE (buy_score / 2 AS buy_score) FROM truth_of_lies`,
		[]string{"scores"},
	},
	{
		"a dead letter is lost", "askbuy.dead_letters",
		`SELECT * FROM truth_of_lies WHERE id != (SELECT min(id) FROM truth_of_lies WHERE shop_id != '')`,
		[]string{"dead_letters"},
	},
	{
		"a receipt is lost", "askbuy.receipts",
		`SELECT * FROM truth_of_lies WHERE (topic, raw_partition, raw_position) !=
			(SELECT (topic, raw_partition, min(raw_position)) FROM truth_of_lies GROUP BY topic, raw_partition ORDER BY topic, raw_partition LIMIT 1)`,
		[]string{"ledger"},
	},
}

// verify tells the truth from every lie, and says which check found it.
func TestVerifyCanFail(t *testing.T) {
	t.Parallel()
	i, truth := start(t), t.TempDir()
	i.ask("simulate", "--seed", "9", "--conversations", "120", "--noise", "storm", "--truth", truth).wants(exitDone)
	i.verified(truth)
	db := i.warehouse()
	for _, lie := range lies {
		t.Run(lie.name, func(t *testing.T) {
			i.tables(db, "CREATE TABLE truth_of_lies AS "+lie.table, "INSERT INTO truth_of_lies SELECT * FROM "+lie.table,
				"TRUNCATE TABLE "+lie.table, "INSERT INTO "+lie.table+" "+lie.rows)
			report, err := verify.Run(t.Context(), db, truth, verify.Options{
				Timeout: time.Second, Settle: time.Nanosecond, Sleep: func(context.Context, time.Duration) error { return nil },
			})
			if report == nil {
				t.Fatal(err)
			}
			for _, check := range lie.red {
				if n := slices.IndexFunc(report.Checks, func(c verify.Check) bool { return c.Name == check }); report.Checks[n].Found == 0 {
					t.Errorf("check %s sees nothing", check)
				}
			}
			i.tables(db, "TRUNCATE TABLE "+lie.table, "INSERT INTO "+lie.table+" SELECT * FROM truth_of_lies", "DROP TABLE truth_of_lies")
		})
	}
	i.verified(truth) // the lies are gone, and with them the differences

	i.tables(db, "INSERT INTO askbuy.messages SELECT * REPLACE (concat(event_id, '-again') AS event_id) FROM askbuy.messages FINAL WHERE is_test = 0 LIMIT 1")
	p := i.ask("verify", "--truth", truth).wants(exitNo)
	if !regexp.MustCompile(`(?m)^messages +\d+ +1$`).MatchString(p.out.String()) || !regexp.MustCompile(`(?m)^messages: 1 differ\n.*KEY.*\n.*-again`).MatchString(p.out.String()) {
		t.Errorf("verify does not show the message that counts twice:\n%s", p.out)
	}
}

// Derived rows that are not what the facts say are found, and repaired.
func TestRepairFromFacts(t *testing.T) {
	t.Parallel()
	i, truth := start(t), t.TempDir()
	i.ask("simulate", "--seed", "10", "--conversations", "60", "--noise", "default", "--truth", truth).wants(exitDone)
	i.verified(truth)
	i.tables(i.warehouse(), "TRUNCATE TABLE askbuy.touches",
		"INSERT INTO askbuy.message_scores SELECT * REPLACE (buy_score / 2 AS buy_score, version + 1 AS version) FROM askbuy.message_scores FINAL LIMIT 10")
	if p := i.ask("verify", "--against-facts").wants(exitNo); !regexp.MustCompile(`(?m)^touches .* missing `).MatchString(p.out.String()) {
		t.Errorf("verify does not show a missing touch:\n%s", p.out)
	}
	i.ask("verify", "--against-facts", "--repair").wants(exitDone)
	i.verified(truth)
}

// tables changes the instance's tables behind its back.
func (i *instance) tables(db *clickhouse.DB, statements ...string) {
	i.t.Helper()
	for _, sql := range statements {
		if err := db.Exec(i.t.Context(), sql, nil); err != nil {
			i.t.Fatalf("%s: %v", sql, err)
		}
	}
}
