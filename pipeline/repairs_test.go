package pipeline

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/simulator"
	"askbuy/report"
	"askbuy/schemas/event"
)

// against compares the derived rows with the facts.
func (i *instance) against(t *testing.T) *report.Diff {
	t.Helper()
	diff, err := report.AgainstFacts(t.Context(), i.db, i.models(t))
	if err != nil {
		t.Fatal(err)
	}
	return diff
}

func (i *instance) sameAsFacts(t *testing.T) {
	t.Helper()
	if diff := i.against(t); diff.Rows > 0 {
		t.Errorf("%d derived rows differ from the facts, the first: %+v", diff.Rows, diff.Differences[0])
	}
}

// A history far longer than a journey remembers ends in the truth: what the
// journeys had pruned is computed from facts.
func TestALongHistoryIsRepaired(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	dir := i.simulate(t, 3, 150, simulator.NoiseDefault, func(o *simulator.Options) { o.Start = o.End.AddDate(0, -8, 0) })
	if red := i.red(t, dir); len(red) > 0 {
		t.Errorf("verify finds differences in %v", red)
	}
	i.sameAsFacts(t)
}

// Derived rows that were damaged are found, and mended on request.
func TestRepairMendsWhatDiffers(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	i.simulate(t, 5, 60, simulator.NoiseNone)
	i.sameAsFacts(t)
	for _, damage := range []string{
		"INSERT INTO askbuy.touches SELECT shop_id, order_id, user_id, order_at, named_conv_id, [], version FROM askbuy.touches FINAL WHERE notEmpty(touches) ORDER BY order_id LIMIT 3",
		"INSERT INTO askbuy.message_scores SELECT * REPLACE (0.999 AS buy_score) FROM askbuy.message_scores FINAL ORDER BY event_id LIMIT 4",
	} {
		if err := i.db.Exec(t.Context(), damage, nil); err != nil {
			t.Fatal(err)
		}
	}
	diff := i.against(t)
	if diff.Rows < 7 { // a damaged score shows in touches as well
		t.Fatalf("%d rows differ after 7 were damaged: %+v", diff.Rows, diff.Differences)
	}
	if err := RequestRepairs(t.Context(), i.kafka, i.db, diff.Shoppers); err != nil {
		t.Fatal(err)
	}
	i.drained(t)
	i.sameAsFacts(t)
}

// A repair that is asked for while the sinks have yet to store what the
// journeys know already waits for it.
func TestARepairWaitsForTheFacts(t *testing.T) {
	c := testConfig(t.TempDir())
	c.SinkLinger = 2 * time.Second
	i := start(t, c)
	say := func(events string) { i.post(t, "/v1/events", i.secret(t, "api_key"), []byte(events)) }
	touches := i.kafka.Name(event.TopicTouches)
	rows := func() (n int64) {
		admin, err := kafka.NewAdmin(i.kafka)
		if err != nil {
			t.Fatal(err)
		}
		defer admin.Close()
		ends, err := admin.EndOffsets(t.Context(), touches)
		if err != nil {
			t.Fatal(err)
		}
		for _, end := range ends[touches] {
			n += end
		}
		return n
	}
	say(`[{"type":"message","event_id":"m1","shop_id":"s","user_id":"u","conv_id":"c1","from":"user","text":"有货吗","ts":1750830000000},
	      {"type":"order","event_id":"o1","shop_id":"s","user_id":"u","order_id":"o","status":"paid","amount":"1.00","ts":1750833600000}]`)
	i.drained(t)
	before := rows()
	say(`{"type":"message","event_id":"m2","shop_id":"s","user_id":"u","conv_id":"c2","from":"user","text":"我要下单","ts":1750831000000}`)
	for deadline := time.Now().Add(patience); rows() == before; { // until the journey has said it
		if time.Now().After(deadline) {
			t.Fatal("the journey says nothing")
		}
	}
	if err := RequestRepairs(t.Context(), i.kafka, i.db, []event.Shopper{{ShopID: "s", UserID: "u"}}); err != nil {
		t.Fatal(err)
	}
	i.drained(t)
	i.sameAsFacts(t)
}

// A request waits for every topic that a history is read from, and where a
// journey is empty its rows give way to those of the first record.
func TestARepairRequestSaysWhatItRestsOn(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	i.postEvents(t, past("u1", "u2", time.Now().Add(-time.Hour).UnixMilli()))
	i.drained(t)
	other := event.Shopper{ShopID: "s1", UserID: i.silent(t)}
	if err := RequestRepairs(t.Context(), i.kafka, i.db, []event.Shopper{other}); err != nil {
		t.Fatal(err)
	}
	var asked event.Repair
	partition := kafka.Partition([]byte(other.Key()), i.kafka.Partitions)
	err := kafka.ReadPartition(t.Context(), i.kafka, i.kafka.Name(event.TopicRepairs), partition, 0, math.MaxInt64, func(r kafka.Fetched) bool {
		if err := json.Unmarshal(r.Value, &asked); err != nil {
			t.Error(err)
		}
		return asked.UserID != other.UserID
	})
	if err != nil {
		t.Fatal(err)
	}
	if asked.UserID != other.UserID || asked.Version >= event.At(1, 0) || asked.Version <= 0 {
		t.Errorf("a request of %q with version %d", asked.UserID, asked.Version)
	}
	told := map[string]bool{}
	for _, need := range asked.Needs {
		told[need.Topic] = true
	}
	for _, topic := range []string{event.TopicMessages, event.TopicOrders, event.TopicBehaviors} {
		if !told[topic] {
			t.Errorf("the request does not wait for %s: %+v", topic, asked.Needs)
		}
	}
}

// silent is a user of shop s1 whose journey partition is empty.
func (i *instance) silent(t *testing.T) string {
	t.Helper()
	admin, err := kafka.NewAdmin(i.kafka)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	journey := i.kafka.Name(event.TopicJourney)
	ends, err := admin.EndOffsets(t.Context(), journey)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 1000 {
		user := fmt.Sprint("silent-", n)
		if ends[journey][kafka.Partition([]byte(event.Shopper{ShopID: "s1", UserID: user}.Key()), i.kafka.Partitions)] == 0 {
			return user
		}
	}
	t.Fatal("no journey partition is empty")
	return ""
}
