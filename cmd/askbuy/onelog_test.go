package main

import (
	"maps"
	"os"
	"slices"
	"testing"

	"askbuy/internal/crash"
	"askbuy/internal/kafka/kafkatest"
)

// One recorded log of requests, told to an installation in peace and to one
// that is killed again and again, on the embedded broker and on Apache Kafka:
// all bi views are equal, row for row.
//
// Kafka's half needs brokers (make test-services names them); where they are
// required and not there, the test fails.
func TestConformanceOneRecordedLog(t *testing.T) {
	t.Parallel()
	if os.Getenv(kafkatest.RealBrokers) == "" {
		if os.Getenv("REQUIRE_SERVICES") == "1" {
			t.Fatalf("%s names no brokers, and REQUIRE_SERVICES=1 wants the test to run on them: make test-services", kafkatest.RealBrokers)
		}
		t.Run("kfake", func(t *testing.T) { tellOneLog(t, number(t, "LOG_KILLS", 3), false) })
		return
	}
	t.Run("kafka", func(t *testing.T) { tellOneLog(t, number(t, "LOG_KILLS", 20), false, true) })
}

// tellOneLog compares what becomes of one log in peace and under kills, in one
// process and apart.
func tellOneLog(t *testing.T, kills int, apart ...bool) {
	recorded, seed := stormFor(t, 31, kills), killSeed(t)
	t.Logf("the same kills again with KILL_SEED=%d", seed)
	var first map[string][]string
	untold := append([]string{"experiments", "experiment_units"}, unanswered...) // no experiment is registered here
	total := outcome{}
	for _, apart := range apart {
		for _, kills := range []int{0, kills} {
			c := besiege(t, recorded, seed, kills, apart)
			c.endure(c.choose(kills, []ways{sameForAll()}))
			total.add(c.judge())
			dump := c.dump()
			if first == nil {
				first = dump
			}
			for view := range dump {
				if len(dump[view]) == 0 && !slices.Contains(untold, view) {
					t.Errorf("bi.%s is empty: nothing was compared", view)
				}
			}
			for _, difference := range differences(first, dump) {
				t.Errorf("apart %v, %d kills: %s", apart, kills, difference)
			}
			c.stop()
			if c.host != nil {
				c.host.stop()
			}
		}
	}
	t.Logf("counted: %d dumps of %d views, equal; %s", 2*len(apart), len(first), total)
}

// sameForAll are the ways that say nothing to the door by themselves.
func sameForAll() ways {
	some := maps.Clone(everywhere)
	delete(some, crash.ErasureStep)
	return some
}
