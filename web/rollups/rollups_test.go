package rollups

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// act is something that happens to shops, and what the keeper has to do about it.
type act struct {
	name string
	want outcome
	do   func(w *world)
}

// acts change what pages say, each in another way. None needs another.
var acts = []act{
	{"nothing", changed, func(w *world) {}},
	{"a new conversation", changed, func(w *world) { w.conversation(1, 500, 500, time.Hour) }},
	{"a message before the first, of the day before", changed, func(w *world) { w.message(1, 3, 6, "early", "user", "miniprogram", start.AddDate(0, 0, -9)) }},
	{"a message of the bot's alone", changed, func(w *world) { w.message(1, 4, 8, "bot-alone", "bot", "web", start) }},
	{"a late order", changed, func(w *world) { w.buy(1, 601, 5, 10, start.Add(-time.Hour), "CNY") }},
	{"an order in another currency", changed, func(w *world) { w.buy(1, 602, 6, 12, start.Add(-time.Hour), "USD") }},
	{"a refund, which names nobody", changed, func(w *world) { w.order(1, 0, "", "refunded", "NULL, 30, '', ''", start) }},
	{"a refund of an order older than 15 days", changed, func(w *world) { w.order(1, 36, "", "refunded", "NULL, 1000, '', ''", start) }},
	{"a cancellation", changed, func(w *world) { w.order(1, 12, "", "cancelled", "NULL, NULL, '', ''", start) }},
	{"an earlier copy of a message", changed, func(w *world) {
		w.insert("askbuy.messages (shop_id, user_id, event_id, conv_id, from_role, text, channel, bot_id, "+fact+")", "('s1', 'u7', 'm14-0', 'c14', 'user', '在', 'coze', 'b9', %s, %s, 1, 1000000)", stamp(start.Add(-200*time.Hour)), stamp(w.at))
	}},
	{"another score", changed, func(w *world) { w.score(1, 8, 16, "m16-2", 0.95, "stock", start.Add(-170*time.Hour)) }},
	{"a cart", changed, func(w *world) {
		w.insert("askbuy.behaviors (shop_id, user_id, event_id, name, "+fact+")", "('s1', 'u0', 'cart', 'add_to_cart', %s)", w.fact(start.Add(-2*time.Hour)))
	}},
	{"an exposure", changed, func(w *world) {
		w.insert("askbuy.exposures (shop_id, user_id, event_id, experiment, variant, conv_id, "+fact+")", "('s1', 'u9', 'shown', 'greeting', 'treatment', 'c18', %s)", w.fact(start))
	}},
	{"an order that touches nothing any more", changed, func(w *world) { w.touched(1, 24, 12, -1, start) }},
	{"an order that touches another conversation", changed, func(w *world) { w.touched(1, 30, 15, 30, start.Add(-270*time.Hour)) }},
	{"the first order of a shop, in another currency", changed, func(w *world) { w.buy(2, 700, 3, 7, start.AddDate(0, 0, -60), "EUR") }},
	{"test traffic", changed, func(w *world) {
		w.insert("askbuy.messages (shop_id, user_id, event_id, conv_id, from_role, text, is_test, "+fact+")", "('s1', 'u900', 'test', 'c900', 'user', '测试', 1, %s)", w.fact(start))
	}},
	{"an erasure", whole, func(w *world) {
		for _, table := range []string{"messages", "message_scores", "touches", "order_events"} {
			w.do("ALTER TABLE askbuy.%s DELETE WHERE shop_id = 's1' AND user_id = 'u10'", table)
		}
	}},
	{"a replay that exchanges tables", whole, func(w *world) {
		w.do("CREATE TABLE askbuy.message_scores_replayed AS askbuy.message_scores")
		w.do("INSERT INTO askbuy.message_scores_replayed SELECT * REPLACE (if(conv_id = 'c20', 0.99, buy_score) AS buy_score) FROM askbuy.message_scores")
		w.do("EXCHANGE TABLES askbuy.message_scores AND askbuy.message_scores_replayed")
		w.do("DROP TABLE askbuy.message_scores_replayed SYNC")
	}},
	{"another time zone of a shop", whole, func(w *world) { w.do("INSERT INTO askbuy.shops VALUES ('s1', 'America/New_York', 'CNY', 2)") }},
}

// alone is a config under which nothing but what happens has an effect.
func alone() Config {
	c := DefaultConfig()
	c.Margin, c.Ended = time.Nanosecond, 0.9
	return c
}

// atOnce is how many acts TestEqual has happen before it compares.
const atOnce = 3

// TestEqual has things happen: after each few the rollup says what the views say, and in the end every generation says
// what it said at first.
func TestEqual(t *testing.T) {
	w := newWorld(t)
	k := keeper(t, w.db, alone())
	if did := w.step(k); did != whole {
		t.Fatalf("the first turn: %s", did)
	}
	w.equal("the beginning")
	said := map[time.Time]string{}
	for some := range slices.Chunk(rand.Perm(len(acts)), atOnce) {
		names, want := []string{}, changed
		for _, i := range some {
			acts[i].do(w)
			names = append(names, acts[i].name)
			if acts[i].want == whole {
				want = whole
			}
		}
		after := strings.Join(names, ", ")
		if did := w.step(k); did != want {
			t.Errorf("after %s: %s, want %s", after, did, want)
		}
		if w.equal(after); t.Failed() {
			t.FailNow()
		}
		if want == whole { // what was said before is not to be read any more
			clear(said)
		}
		said[w.at] = w.hash(w.at)
	}
	for at, before := range said {
		if now := w.hash(at); now != before {
			t.Errorf("the generation of %v says other things than when it was new", at)
		}
	}
	if n := w.ask("SELECT uniqExact(lineage) FROM askbuy.rollup_generations"); n[0] != "1" {
		t.Errorf("%s lineages may be read", n[0])
	}
}

func (w *world) hash(at time.Time) string {
	return w.ask("SELECT groupBitXor(cityHash64(" + columns + ")), count() FROM " + w.rolled(at))[0]
}

// What arrives after the moment is not in it, and is in the next one.
func TestNothingAhead(t *testing.T) {
	w := newWorld(t)
	k := keeper(t, w.db, alone())
	w.step(k)
	arrives := w.at.Add(90 * time.Second)
	was := w.at
	w.at = arrives
	w.conversation(1, 500, 500, 0)
	w.buy(1, 601, 5, 10, start.Add(-time.Hour), "CNY")
	w.at = was
	for _, conversations := range []string{"40", "41"} {
		w.step(k)
		w.equal("what arrives later")
		if n := w.ask("SELECT count() FROM " + w.rolled(w.at)); n[0] != conversations {
			t.Errorf("%s conversations, want %s", n[0], conversations)
		}
	}
}

// A generation that was cut short is taken away, and one that rests on rows that were deleted meanwhile is not read.
func TestHalf(t *testing.T) {
	w := newWorld(t)
	k := keeper(t, w.db, alone())
	w.step(k)
	w.conversation(1, 500, 500, time.Hour)
	sums := k.sql.Sums
	k.sql.Sums = "SELECT throwIf(1)"
	w.pass()
	if _, err := k.Turn(t.Context()); err == nil {
		t.Fatal("the turn went well")
	}
	k.sql.Sums = "ALTER TABLE askbuy.messages DELETE WHERE user_id = 'u1'"
	if _, err := k.Turn(t.Context()); err == nil {
		t.Fatal("a generation was published though rows were deleted meanwhile")
	}
	k.sql.Sums = sums
	if n := w.ask("SELECT count() FROM askbuy.rollup_generations"); n[0] != "1" {
		t.Errorf("%s generations are published, want that of the beginning", n[0])
	}
	if did := w.step(k); did != whole {
		t.Errorf("after rows were deleted: %s", did)
	}
	w.equal("what was cut short")
}

// A second keeper rests while the first one works, and takes over when it does not.
func TestTwoKeepers(t *testing.T) {
	w := newWorld(t)
	first, second := keeper(t, w.db, alone()), keeper(t, w.db, alone())
	second.deps.Token = func() uint64 { return 99 }
	w.step(first)
	if did := w.step(second); did != rested {
		t.Errorf("the second keeper beside the first: %s", did)
	}
	impatient := alone()
	impatient.Every = time.Nanosecond
	second.config = impatient
	w.conversation(1, 500, 500, time.Hour)
	if did := w.step(second); did != whole {
		t.Errorf("the second keeper after the first: %s", did)
	}
	w.equal("the second keeper began")
	if did := w.step(first); did != rested {
		t.Errorf("the first keeper beside the second: %s", did)
	}
}

// A lineage whose rows have ended, or that is old, is followed by another.
func TestFollowed(t *testing.T) {
	w := newWorld(t)
	c := alone()
	c.Ended = 0.01
	k := keeper(t, w.db, c)
	w.step(k)
	w.message(1, 4, 8, "one-more", "bot", "web", start)
	for _, want := range []outcome{changed, whole, changed} {
		if did := w.step(k); did != want {
			t.Errorf("%s, want %s", did, want)
		}
		w.equal("following")
	}
	k.config.Whole = time.Nanosecond
	if did := w.step(k); did != whole {
		t.Errorf("an old lineage: %s", did)
	}
}
