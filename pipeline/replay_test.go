package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/erasure"
	"askbuy/internal/kafka"
	"askbuy/internal/simulator"
	"askbuy/internal/wait"
	"askbuy/report"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

func (i *instance) replayer(t *testing.T) *Replayer {
	t.Helper()
	r, err := OpenReplayer(t.Context(), i.config, i.db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *Replayer) replayed(t *testing.T, o ReplayOptions) *Replayed {
	t.Helper()
	done, err := r.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func (i *instance) dump(t *testing.T) map[string][]string {
	t.Helper()
	dump, err := report.Dump(t.Context(), i.db)
	if err != nil {
		t.Fatal(err)
	}
	return dump
}

func (i *instance) execAll(t *testing.T, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		i.exec(t, sql)
	}
}

// shadows lists what replays have left behind.
func (i *instance) shadows(t *testing.T) []string {
	t.Helper()
	type row struct {
		Name string `ch:"name"`
	}
	rows, err := clickhouse.Select[row](t.Context(), i.db, "SELECT name FROM system.tables WHERE database = 'askbuy' AND position(name, '__replay_') > 0", nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range rows {
		names = append(names, r.Name)
	}
	return names
}

// spoiling is something that no score row says, by column.
var spoiling = map[string]string{
	"conv_id": "'nowhere'", "ts": "ts + toIntervalMillisecond(1)", "act": "'nothing'", "intent": "'nothing'", "intent_path": "['nothing']",
	"evidence": "evidence + 0.001", "buy_score": "buy_score + 1", "p_order": "p_order + 0.000001", "p_net": "p_net + 0.000001",
	"terms": "arrayPushBack(terms, ('nothing', 0.5))", "model_id": "'none'",
}

// damage spoils derived rows in every way that there is: one with each column
// changed, some gone, and one not due.
func (i *instance) damage(t *testing.T) (rows int64) {
	t.Helper()
	columns := warehouse.MessageScores.Columns[3 : len(warehouse.MessageScores.Columns)-1]
	for n, column := range columns {
		if spoiling[column] == "" {
			t.Fatalf("nothing spoils %s", column)
		}
		i.exec(t, fmt.Sprintf("INSERT INTO askbuy.message_scores SELECT * REPLACE (%s AS %s) FROM askbuy.message_scores FINAL ORDER BY event_id, shop_id, user_id LIMIT 1 OFFSET %d", spoiling[column], column, n))
	}
	i.execAll(t,
		"ALTER TABLE askbuy.message_scores DELETE WHERE (shop_id, user_id, event_id) IN (SELECT shop_id, user_id, event_id FROM askbuy.message_scores FINAL ORDER BY event_id DESC LIMIT 3)",
		"INSERT INTO askbuy.message_scores SELECT * REPLACE ('nobody said this' AS event_id, version + 1000000 AS version) FROM askbuy.message_scores FINAL ORDER BY event_id LIMIT 1",
		"ALTER TABLE askbuy.touches DELETE WHERE (shop_id, order_id) IN (SELECT shop_id, order_id FROM askbuy.touches FINAL WHERE notEmpty(touches) ORDER BY order_id LIMIT 2)",
	)
	return int64(len(columns)) + 3 + 1 + 2
}

// Damaged rows are shown one by one, and nothing is changed, by a dry run; a
// replay mends them; a second one finds nothing to do.
func TestReplayMendsDerivedRows(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	i.simulate(t, 11, 80, simulator.NoiseStorm)
	whole := i.dump(t)
	r := i.replayer(t)
	if done := r.replayed(t, ReplayOptions{DryRun: true}); done.Diff.Rows != 0 || done.LeftOut != 0 || done.Shoppers < 40 {
		t.Fatalf("of sound rows a replay says %+v, %+v", done, *done.Diff)
	}
	damaged := i.damage(t)
	spoilt := i.dump(t)
	for range 2 {
		done := r.replayed(t, ReplayOptions{DryRun: true})
		if done.Diff.Rows != damaged || len(done.Diff.Differences) != int(damaged) || done.Swapped {
			t.Fatalf("%d rows were damaged, the dry run says %+v", damaged, *done.Diff)
		}
		same(t, i.dump(t), spoilt)
	}
	if done := r.replayed(t, ReplayOptions{}); !done.Swapped {
		t.Errorf("the replay says %+v", done)
	}
	i.sameAsFacts(t)
	same(t, i.dump(t), whole)
	if done := r.replayed(t, ReplayOptions{}); done.Diff.Rows != 0 || done.Swapped {
		t.Errorf("the second replay says %+v, %+v", done, *done.Diff)
	}
	if left := i.shadows(t); len(left) > 0 {
		t.Errorf("tables are left: %v", left)
	}
	i.postEvents(t, bystanders(time.Now().Add(-time.Hour).UnixMilli())) // and the stream goes on
	i.drained(t)
	i.sameAsFacts(t)
}

func same(t *testing.T, got, want map[string][]string) {
	t.Helper()
	for view := range want {
		if !slices.Equal(got[view], want[view]) {
			t.Errorf("bi.%s has %d rows, not the %d that it had", view, len(got[view]), len(want[view]))
		}
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.FailNow()
	}
}

// tables are the derived rows, without their versions.
func (i *instance) tables(t *testing.T) [2]string {
	t.Helper()
	var out [2]string
	for n, sql := range []string{
		"SELECT formatRowNoNewline('TSV', * EXCEPT (version)) FROM askbuy.message_scores FINAL ORDER BY shop_id, user_id, event_id",
		"SELECT formatRowNoNewline('TSV', * EXCEPT (version)) FROM askbuy.touches FINAL WHERE notEmpty(touches) ORDER BY shop_id, order_id, user_id",
	} {
		_, _, rows, err := i.db.Query(t.Context(), sql, nil)
		if err != nil {
			t.Fatal(err)
		}
		out[n] = fmt.Sprint(rows)
	}
	return out
}

// A crash after any step leaves each table as it was or as it is to be, and
// the next replay ends where an undisturbed one does.
func TestReplayCutShort(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	i.simulate(t, 12, 30, simulator.NoiseDefault)
	whole := i.tables(t)
	r, crash := i.replayer(t), errors.New("crash")
	const steps = 15
	for n := range steps {
		i.damage(t)
		spoilt := i.tables(t)
		done, last := 0, ""
		r.cut = func(step string) error {
			if last = step; done == n {
				return crash
			}
			done++
			return nil
		}
		run, err := r.begin(t.Context(), ReplayOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := run.steps(t.Context()); !errors.Is(err, crash) && n < steps-1 {
			t.Fatalf("after %d steps: %v", n, err)
		}
		for k, rows := range i.tables(t) {
			if rows != spoilt[k] && rows != whole[k] {
				t.Errorf("a crash after %q leaves table %d neither as it was nor as it is to be", last, k)
			}
		}
		r.cut = nil
		if left, _, err := r.leftovers(t.Context()); err != nil {
			t.Fatal(err)
		} else if swapping(left[run.shadow.id]) {
			if _, err := r.Run(t.Context(), ReplayOptions{DryRun: true}); err == nil || !strings.Contains(err.Error(), "without --dry-run") {
				t.Errorf("after %q a dry run says %v", last, err)
			}
		}
		r.replayed(t, ReplayOptions{})
		if i.tables(t) != whole {
			t.Fatalf("the replay after a crash after %q does not mend", last)
		}
		if left := i.shadows(t); len(left) > 0 {
			t.Errorf("after %q, tables are left: %v", last, left)
		}
		if n == steps-1 && done != steps-1 {
			t.Errorf("the replay has %d steps, the test expects %d", done, steps-1)
		}
	}
	i.sameAsFacts(t)
}

// Whoever speaks while a replay runs keeps what the stream says of it, be the
// row on its way into the old table during the swap.
func TestReplayWhileEventsCome(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	i.simulate(t, 13, 40, simulator.NoiseDefault)
	i.damage(t)
	r, n := i.replayer(t), 0
	r.cut = func(step string) error {
		n++
		user, at := "late-"+fmt.Sprint(n), time.Now().Add(-time.Hour).UnixMilli()
		var events []string
		for _, who := range []string{user, "other"} { // one who is new, and one who was replayed
			events = append(events,
				fmt.Sprintf(`{"type":"message","event_id":"m%d","shop_id":"s1","user_id":%q,"conv_id":"c1","from":"user","text":"我要下单","ts":%d}`, n, who, at),
				fmt.Sprintf(`{"type":"order","event_id":"o%d","shop_id":"s1","user_id":%q,"order_id":"o-%s-%d","status":"paid","amount":"9.00","ts":%d}`, n, who, who, n, at+1000))
		}
		i.postEvents(t, events)
		if step == "making shadow tables" {
			i.drained(t) // else it is on its way while the next steps go on
		}
		if step != "swapping touches" {
			return nil
		}
		i.drained(t)
		for _, table := range []string{"message_scores", "touches"} { // as inserts that began before the swap
			old := "askbuy." + i.shadowOf(t, table)
			i.execAll(t,
				"INSERT INTO "+old+" SELECT * FROM askbuy."+table+" FINAL WHERE user_id = '"+user+"'",
				"ALTER TABLE askbuy."+table+" DELETE WHERE user_id = '"+user+"'")
		}
		return nil
	}
	done := r.replayed(t, ReplayOptions{})
	if !done.Swapped || done.LeftOut == 0 {
		t.Errorf("the replay says %+v", done)
	}
	r.cut = nil
	i.drained(t)
	i.sameAsFacts(t)
	if again := r.replayed(t, ReplayOptions{DryRun: true}); again.Diff.Rows > 0 || again.LeftOut > 0 {
		t.Errorf("afterwards a replay says %+v: %+v", again, *again.Diff)
	}
}

// A shopper whose journey partition was empty when the replay began keeps the
// rows of the partition's first record.
func TestReplayWhileAnEmptyPartitionBegins(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	said := func(user string) {
		i.postEvents(t, []string{fmt.Sprintf(`{"type":"message","event_id":"m","shop_id":"s1","user_id":%q,"conv_id":"c","from":"user","text":"我要下单","ts":%d}`, user, time.Now().Add(-time.Hour).UnixMilli())})
		i.drained(t)
	}
	said("early")
	i.exec(t, "INSERT INTO askbuy.message_scores SELECT * REPLACE (0.123 AS buy_score) FROM askbuy.message_scores FINAL")
	r := i.replayer(t)
	r.cut = func(step string) error {
		if step == "comparing" {
			said(i.elsewhere("early"))
		}
		return nil
	}
	if done := r.replayed(t, ReplayOptions{}); !done.Swapped {
		t.Errorf("the replay says %+v", done)
	}
	if diff := i.against(t); diff.Rows > 0 {
		t.Errorf("after the swap %+v", diff.Differences)
	}
}

// elsewhere is a user of shop s1 whose partition is another one.
func (i *instance) elsewhere(user string) string {
	home := func(user string) int32 {
		return kafka.Partition([]byte(event.Shopper{ShopID: "s1", UserID: user}.Key()), i.kafka.Partitions)
	}
	for n := 0; ; n++ {
		if other := fmt.Sprint("other-", n); home(other) != home(user) {
			return other
		}
	}
}

func (i *instance) shadowOf(t *testing.T, table string) string {
	t.Helper()
	for _, name := range i.shadows(t) {
		if strings.HasPrefix(name, table) {
			return name
		}
	}
	t.Fatalf("%s has no shadow", table)
	return ""
}

// From a time on, shoppers of whom there is a fact since are replayed whole,
// and the others' rows stay as they are.
func TestReplayFrom(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	began := time.Now().Add(-10 * 24 * time.Hour).UnixMilli()
	i.postEvents(t, past("old", "nobody", began))
	i.postEvents(t, past("new", "somebody", began))
	from := began + 5*24*3_600_000
	i.postEvents(t, []string{fmt.Sprintf(`{"type":"order","event_id":"late","shop_id":"s1","order_id":"own-of-new","status":"refunded","refund_id":"r9","refund_amount":"1.00","ts":%d}`, from)})
	i.drained(t)
	i.exec(t, "INSERT INTO askbuy.message_scores SELECT * REPLACE (0.123 AS buy_score) FROM askbuy.message_scores FINAL")
	r := i.replayer(t)
	done := r.replayed(t, ReplayOptions{From: &from})
	if done.Shoppers != 2 || !done.Swapped { // new, and who is named by an event of new's order
		t.Errorf("the replay says %+v", done)
	}
	for _, d := range done.Diff.Differences {
		if d.UserID != "new" {
			t.Errorf("a difference of a shopper who is not replayed: %+v", d)
		}
	}
	_, _, rows, err := i.db.Query(t.Context(), "SELECT DISTINCT user_id, buy_score = 0.123 FROM askbuy.message_scores FINAL ORDER BY user_id", nil)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(rows) != "[[new 0] [old 1]]" {
		t.Errorf("users with the damage: %v", rows)
	}
	if done := r.replayed(t, ReplayOptions{}); done.Diff.Rows == 0 || done.Shoppers != 4 {
		t.Errorf("the whole replay says %+v", done)
	}
	i.sameAsFacts(t)
}

// An erasure and a replay exclude each other, and whoever is listed does not
// come back, whatever facts are still there.
func TestReplayAndErasure(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	began := time.Now().Add(-time.Hour).UnixMilli()
	i.postEvents(t, bystanders(began))
	i.postEvents(t, past("erased-u2", "other", began))
	i.drained(t)
	r, e := i.replayer(t), i.eraser(t)
	list := func() {
		hasher := erasure.NewHasher(e.key)
		entry := erasure.Entry{Subject: hasher.Shopper(event.Shopper{ShopID: "s1", UserID: "erased-u2"}), UpTo: time.Now().UnixMilli()}
		if err := (&erasure.Table{DB: i.db}).Add(t.Context(), []erasure.Entry{entry}); err != nil {
			t.Fatal(err)
		}
	}
	i.exec(t, "INSERT INTO askbuy.message_scores SELECT * REPLACE (0.123 AS buy_score) FROM askbuy.message_scores FINAL")
	r.cut = func(step string) error {
		if step == "comparing" {
			list()
		}
		return nil
	}
	if _, err := r.Run(t.Context(), ReplayOptions{}); err == nil || !strings.Contains(err.Error(), "erased meanwhile") {
		t.Errorf("a replay during which somebody was erased says %v", err)
	}
	r.cut = nil
	r.replayed(t, ReplayOptions{})
	_, _, rows, err := i.db.Query(t.Context(), "SELECT (SELECT count() FROM askbuy.message_scores FINAL WHERE user_id = 'erased-u2'), (SELECT count() FROM askbuy.messages FINAL WHERE user_id = 'erased-u2')", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(rows); !strings.HasPrefix(got, "[[0 ") || got == "[[0 0]]" {
		t.Errorf("scores and messages of a listed shopper: %v", rows)
	}
	i.exec(t, "CREATE TABLE askbuy.touches__replay_x AS askbuy.touches COMMENT '{\"replay\":\"x\"}'")
	waited := 0
	e.pause = func(ctx context.Context, d time.Duration) error {
		if waited++; waited == 3 {
			i.exec(t, "DROP TABLE askbuy.touches__replay_x SYNC")
		}
		return wait.For(ctx, d)
	}
	if _, err := e.Erase(t.Context(), event.Shopper{ShopID: "s1", UserID: "erased-u2"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if waited < 3 {
		t.Errorf("the erasure did not wait for the replay's tables to go")
	}
	i.noTrace(t, "erased-u2")
	if again := r.replayed(t, ReplayOptions{DryRun: true}); again.Diff.Rows > 0 {
		t.Errorf("afterwards a replay says %+v", *again.Diff)
	}
}

// Where facts expire, a replay leaves alone what rests on them, before and
// after the orphans are gone, and mends the rest.
func TestReplayOfWhatExpires(t *testing.T) {
	c := testConfig(t.TempDir())
	i := start(t, c)
	i.simulate(t, 15, 120, simulator.NoiseDefault, func(o *simulator.Options) { o.Start = o.End.AddDate(0, -8, 0) })
	for _, table := range []string{"messages", "order_events"} {
		i.exec(t, "ALTER TABLE askbuy."+table+" UPDATE received_at = least(received_at, ts + toIntervalDay(cityHash64(event_id) % 21)) WHERE 1")
	}
	r := i.replayer(t)
	c.Retention = map[string]string{"messages": "100d", "orders": "150d"}
	if err := applyRetention(t.Context(), i.db, c, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	i.execAll(t, "OPTIMIZE TABLE askbuy.messages FINAL", "OPTIMIZE TABLE askbuy.order_events FINAL")
	unchanged := func(when string) {
		t.Helper()
		if done := r.replayed(t, ReplayOptions{DryRun: true}); done.Diff.Rows > 0 {
			t.Errorf("%s a replay finds %d rows, the first %+v", when, done.Diff.Rows, done.Diff.Differences[0])
		}
	}
	unchanged("with orphans")
	if deleted, err := deleteOrphans(t.Context(), i.db, warehouse.Cluster{}, 0); err != nil || len(deleted) == 0 {
		t.Fatalf("deleted %v: %v", deleted, err)
	}
	unchanged("without orphans")
	whole := i.tables(t)
	i.exec(t, "INSERT INTO askbuy.message_scores SELECT * REPLACE (0.999 AS buy_score) FROM askbuy.message_scores FINAL ORDER BY ts DESC LIMIT 3")
	if done := r.replayed(t, ReplayOptions{}); done.Diff.Rows != 3 || !done.Swapped {
		t.Errorf("of 3 damaged rows a replay says %+v", *done.Diff)
	}
	if i.tables(t) != whole {
		t.Error("the replay does not mend")
	}
	i.sameAsFacts(t)
}
