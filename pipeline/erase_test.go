package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/processors"
	"askbuy/report"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// past is everything that a shopper can have left behind: a conversation with
// a bot, an order that somebody else paid, one of their own with a refund that
// names nobody, test traffic, and what was set aside.
func past(user, other string, began int64) []string {
	at := func(minutes int) string { return fmt.Sprint(began + int64(minutes)*60_000) }
	own, others := "own-of-"+user, "shared-"+strings.TrimPrefix(user, "erased-")
	return []string{
		`{"type":"message","event_id":"m1-` + user + `","shop_id":"s1","user_id":"` + user + `","conv_id":"c1-` + user + `","from":"user","text":"在吗 ` + user + `","ts":` + at(1) + `}`,
		`{"type":"message","event_id":"m2","shop_id":"s1","user_id":"` + user + `","conv_id":"c1-` + user + `","from":"bot","text":"在的","ts":` + at(2) + `}`,
		`{"type":"message","event_id":"m3","shop_id":"s1","user_id":"` + user + `","conv_id":"c2","from":"user","text":"多少钱","ts":` + at(3) + `,"extra":"` + user + `"}`,
		`{"type":"message","event_id":"m4","shop_id":"s1","user_id":"` + user + `","conv_id":"c2","from":"user","text":"test","ts":` + at(3) + `}`,
		`{"type":"message","event_id":"m3","shop_id":"s1","user_id":"` + user + `","conv_id":"c2","from":"user","text":"别的话","ts":` + at(3) + `}`, // a conflict
		`{"type":"behavior","event_id":"b1","shop_id":"s1","user_id":"` + user + `","name":"add_to_cart","item_id":"sku","ts":` + at(4) + `}`,
		`{"type":"exposure","event_id":"x1","shop_id":"s1","user_id":"` + user + `","experiment":"e","variant":"v","conv_id":"c2","ts":` + at(4) + `}`,
		`{"type":"feedback","event_id":"f1","shop_id":"s1","user_id":"` + user + `","conv_id":"c2","rating":5,"ts":` + at(5) + `}`,
		`{"type":"alias","event_id":"a1","shop_id":"s1","user_id":"` + user + `","alias":"openid-of-` + user + `","ts":` + at(5) + `}`,
		`{"type":"alias","event_id":"a2-` + user + `","shop_id":"s1","user_id":"` + other + `","alias":"` + user + `","ts":` + at(5) + `}`,
		`{"type":"order","event_id":"o1","shop_id":"s1","user_id":"` + user + `","order_id":"` + own + `","status":"created","amount":"30.00","ts":` + at(6) + `,"conv_id":"c2"}`,
		`{"type":"order","event_id":"o2","shop_id":"s1","user_id":"` + user + `","order_id":"` + own + `","status":"paid","ts":` + at(7) + `}`,
		`{"type":"order","event_id":"o3","shop_id":"s1","order_id":"` + own + `","status":"refunded","refund_id":"r","refund_amount":"3.00","ts":` + at(8) + `}`,
		`{"type":"order","event_id":"o4","shop_id":"s1","user_id":"` + other + `","order_id":"` + own + `","status":"cancelled","ts":` + at(9) + `}`,
		`{"type":"order","event_id":"o5","shop_id":"s1","user_id":"` + user + `","order_id":"only-test-` + user + `","status":"paid","amount":"1.00","test":true,"ts":` + at(9) + `}`,
		`{"type":"order","event_id":"p1","shop_id":"s1","user_id":"` + user + `","order_id":"` + others + `","status":"created","ts":` + at(10) + `}`,
		`{"type":"order","event_id":"p2","shop_id":"s1","user_id":"` + other + `","order_id":"` + others + `","status":"paid","amount":"50.00","ts":` + at(11) + `}`,
		`{"type":"message","event_id":"bad-` + user + `","shop_id":"s1","user_id":"` + user + `","conv_id":"c2","from":"nobody","text":"x","ts":` + at(12) + `}`,
		`{"type":"order","event_id":"bad2","shop_id":"s1","order_id":"` + own + `","user_id":"` + user + `","status":"lost","ts":` + at(12) + `}`,
	}
}

// bystanders are shoppers who are not erased.
func bystanders(began int64) []string {
	at := func(minutes int) string { return fmt.Sprint(began + int64(minutes)*60_000) }
	var events []string
	for _, who := range []string{"other", "quiet"} {
		for _, shop := range []string{"s1", "s2"} {
			events = append(events,
				`{"type":"message","event_id":"m1","shop_id":"`+shop+`","user_id":"`+who+`","conv_id":"c1","from":"user","text":"便宜点","ts":`+at(1)+`}`,
				`{"type":"order","event_id":"o1","shop_id":"`+shop+`","user_id":"`+who+`","order_id":"o-`+who+`","status":"paid","amount":"9.00","ts":`+at(2)+`}`,
				`{"type":"behavior","event_id":"b1","shop_id":"`+shop+`","user_id":"`+who+`","name":"favorite","ts":`+at(2)+`}`)
		}
	}
	return events
}

func (i *instance) postEvents(t *testing.T, events []string) string {
	t.Helper()
	return string(i.post(t, "/v1/events", i.secret(t, "api_key"), []byte("["+strings.Join(events, ",")+"]")))
}

func (i *instance) eraser(t *testing.T) *Eraser {
	t.Helper()
	e, err := OpenEraser(t.Context(), i.config, i.db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// traces lists where in the warehouse a string stands: in which tables and
// views, and in what the server remembers of its own doing.
func (i *instance) traces(t *testing.T, of string) []string {
	t.Helper()
	type table struct {
		Name string `ch:"name"`
	}
	tables, err := clickhouse.Select[table](t.Context(), i.db, `
		SELECT concat(t.database, '.', t.name) AS name FROM system.tables AS t
		WHERE (t.database = 'askbuy' OR t.database = 'bi') AND NOT endsWith(t.name, '_refresh') AND NOT startsWith(t.name, '.') -- what is being made anew
		UNION ALL SELECT 'system.mutations'`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) < 20 {
		t.Fatalf("only %d tables are looked through", len(tables))
	}
	var found []string
	for _, table := range tables {
		_, _, rows, err := i.db.Query(t.Context(), "SELECT formatRowNoNewline('JSONEachRow', *) AS row FROM "+warehouse.Call(table.Name)+" WHERE position(row, {of:String}) > 0", map[string]any{"of": of})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			found = append(found, fmt.Sprint(table.Name, ": ", row[0]))
		}
	}
	return found
}

func (i *instance) noTrace(t *testing.T, of string) {
	t.Helper()
	for _, trace := range i.traces(t, of) {
		t.Errorf("%s is still in %s", of, trace)
	}
}

// outcomes counts receipts from a raw position on.
func (i *instance) outcomes(t *testing.T) map[string]int64 {
	t.Helper()
	type row struct {
		Outcome string `ch:"outcome"`
		N       int64  `ch:"n"`
	}
	rows, err := clickhouse.Select[row](t.Context(), i.db, "SELECT toString(outcome) AS outcome, toInt64(count()) AS n FROM askbuy.receipts FINAL GROUP BY outcome", nil)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, r := range rows {
		counts[r.Outcome] = r.N
	}
	return counts
}

// explained wants the ledger without a gap.
func (i *instance) explained(t *testing.T) {
	t.Helper()
	type row struct {
		N int64 `ch:"n"`
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		got, err := clickhouse.One[row](ctx, i.db, "SELECT toInt64(sum(abs(unexplained)) + sum(in_flight)) AS n FROM bi.ledger", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.N == 0 {
			return
		}
		if err := wait.For(ctx, 100*time.Millisecond); err != nil {
			t.Fatalf("the ledger has %d records unexplained or in flight", got.N)
		}
	}
}

// othersDump is what the views say of everybody who is not erased, but for
// what compares them with all of their shop.
func (i *instance) othersDump(t *testing.T) map[string][]string {
	t.Helper()
	dump, err := report.Dump(t.Context(), i.db)
	if err != nil {
		t.Fatal(err)
	}
	for _, view := range []string{"shops", "funnel_daily", "dead_letters", "orders", "conversations", "claims"} {
		dump[view] = slices.DeleteFunc(dump[view], func(row string) bool { return !strings.HasPrefix(row, "s2\t") })
	}
	for view, rows := range dump {
		dump[view] = slices.DeleteFunc(rows, func(row string) bool { return strings.Contains(row, "erased-") || strings.Contains(row, "shared-") })
	}
	return dump
}

// replayRaw puts every record of the raw topics into them once more, as a
// sender would whose copies the door does not recognise any more.
func (i *instance) replayRaw(t *testing.T) (records int64) {
	t.Helper()
	producer, err := kafka.NewProducer(i.kafka)
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close(context.Background()) //nolint:errcheck // every record was acknowledged
	admin, err := kafka.NewAdmin(i.kafka)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	for _, name := range event.RawTopics() {
		topic := i.kafka.Name(name)
		ends, err := admin.EndOffsets(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		for partition, end := range ends[topic] {
			var all []kafka.Record
			err := kafka.ReadPartition(t.Context(), i.kafka, topic, partition, 0, min(end, math.MaxInt64), func(r kafka.Fetched) bool {
				all = append(all, kafka.Record{Topic: topic, Key: r.Key, Value: r.Value, Headers: r.Headers})
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range all {
				if err := producer.Produce(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			records += int64(len(all))
		}
	}
	return records
}

// forgotten wants the streams' tables to remember nothing with a string in it:
// the last word on every key that has it is that there is nothing.
func (i *instance) forgotten(t *testing.T, what string) {
	t.Helper()
	seen := false
	for _, group := range processors.Tables() {
		topic := kafka.TableTopic(i.kafka.Name(group)).Name
		last := map[string][]byte{}
		for partition := range i.kafka.Partitions {
			err := kafka.ReadPartition(t.Context(), i.kafka, topic, partition, 0, math.MaxInt64, func(r kafka.Fetched) bool {
				last[string(r.Key)] = r.Value
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for key, value := range last {
			seen = seen || strings.Contains(key, what)
			if value != nil && strings.Contains(key+string(value), what) {
				t.Errorf("%s remembers %s: %s", topic, key, value)
			}
		}
	}
	if !seen {
		t.Errorf("no table ever had %s: the test looks in the wrong place", what)
	}
}

// An erased shopper is nowhere, does not come back when everything is sent
// again, and is a new shopper afterwards; nobody else is touched.
func TestErase(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	began := time.Now().Add(-3 * time.Hour).UnixMilli()
	const user = "erased-u1"
	subject := event.Shopper{ShopID: "s1", UserID: user}
	i.postEvents(t, bystanders(began))
	i.postEvents(t, past(user, "other", began))
	i.drained(t)
	if n := len(i.traces(t, user)); n < 20 {
		t.Fatalf("%d rows have the shopper before the erasure, the test looks in the wrong places", n)
	}
	others := i.othersDump(t)
	raw := i.outcomes(t)
	e := i.eraser(t)

	expected, err := e.Count(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Erase(t.Context(), subject, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(expected, c.Rows) {
		t.Errorf("deleted %v, the dry run said %v", c.Rows, expected)
	}
	t.Logf("certificate: %+v", *c)
	i.noTrace(t, user)
	i.sameAsFacts(t)
	i.explained(t)
	if now := i.othersDump(t); !maps.EqualFunc(others, now, slices.Equal) {
		t.Errorf("others' rows differ:\n%v\nwere\n%v", now, others)
	}
	outcomes := i.outcomes(t)
	if outcomes["erased"] != c.Receipts || outcomes["stored"] != raw["stored"]-c.Receipts+1 { // of a conflict, both copies
		t.Errorf("receipts %v, were %v, %d were said to be erased", outcomes, raw, c.Receipts)
	}

	again, err := e.Erase(t.Context(), subject, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(again.Rows, noRows()) || again.Receipts != 0 || len(again.Earlier) != 1 || again.Earlier[0].Rows["messages"] != c.Rows["messages"] {
		t.Errorf("the second erasure says %+v", *again)
	}

	before := i.outcomes(t)
	i.replayRaw(t)
	i.drained(t)
	i.postEvents(t, past(user, "other", began)) // and to the door, which sets two aside again
	i.drained(t)
	i.noTrace(t, user)
	i.sameAsFacts(t)
	i.explained(t)
	i.forgotten(t, user)
	after := i.outcomes(t)
	if after["stored"] != before["stored"] || after["erased"] != 2*before["erased"] {
		t.Errorf("receipts after everything was sent again %v, before %v", after, before)
	}

	i.postEvents(t, []string{`{"type":"message","event_id":"m3","shop_id":"s1","user_id":"` + user + `","conv_id":"c2","from":"user","text":"我又来了","ts":` + fmt.Sprint(again.ErasedAt.UnixMilli()+1) + `}`})
	i.drained(t)
	_, _, rows, err := i.db.Query(t.Context(), "SELECT user_messages, bot_messages, orders FROM bi.conversations WHERE user_id = {user:String}", map[string]any{"user": user})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(rows) != "[[1 0 0]]" {
		t.Errorf("the new shopper's conversations are %v", rows)
	}
	i.sameAsFacts(t)
	t.Run("while units of experiments are counted", func(t *testing.T) { i.erasedWhileCounted(t) })
	t.Run("before units of experiments are counted again", func(t *testing.T) { i.erasedUnits(t) })
}

// An erasure that was cut short after any of its steps is finished by giving it
// again, and its certificate counts both parts.
func TestEraseCutShort(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	began := time.Now().Add(-3 * time.Hour).UnixMilli()
	e := i.eraser(t)
	cut := errors.New("cut")
	e.settle = 0 // the sinks have to be exact without the processors' help
	steps := 0
	e.Say = func(string) { steps++ }
	if _, err := e.Erase(t.Context(), event.Shopper{ShopID: "s1", UserID: "never-seen"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	all := steps
	if all < 5 {
		t.Fatalf("%d steps", all)
	}
	for at := 1; at <= all; at++ {
		i.postEvents(t, past(fmt.Sprintf("erased-u%d", at), "other", began))
	}
	i.drained(t)
	var rows map[string]int64
	for at := 1; at <= all; at++ {
		subject := event.Shopper{ShopID: "s1", UserID: fmt.Sprintf("erased-u%d", at)}
		steps = 0
		e.cut = func(string) error {
			if steps == at {
				return cut
			}
			return nil
		}
		if _, err := e.Erase(t.Context(), subject, time.Now()); !errors.Is(err, cut) {
			t.Fatal(err)
		}
		e.cut = nil
		c, err := e.Erase(t.Context(), subject, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case at == all: // it was complete
			c.Rows = c.Earlier[0].Rows
		case len(c.Earlier) != 0:
			t.Errorf("cut after step %d: %+v", at, *c)
		}
		if at == 1 {
			rows = c.Rows
		}
		// What comes in between, and is deleted again, depends on the moment, and so
		// does how many versions of derived rows were not merged yet.
		for table, least := range map[string]int64{"message_scores": 2, "touches": 1} {
			if c.Rows[table] < least {
				t.Errorf("cut after step %d: %d rows of %s, want %d at least", at, c.Rows[table], table, least)
			}
		}
		for _, table := range append([]string{"message_scores", "touches"}, made...) {
			rows[table], c.Rows[table] = 0, 0
		}
		if !maps.Equal(rows, c.Rows) {
			t.Errorf("cut after step %d: %v, cut after the first: %v", at, c.Rows, rows)
		}
	}
	i.noTrace(t, "erased-")
	i.sameAsFacts(t)
	i.explained(t)
}
