package main

import (
	"maps"
	"os"
	"slices"
	"testing"

	"askbuy/internal/crash"
	"askbuy/internal/kafka/kafkatest"
	"askbuy/internal/simulator"
)

// One recorded log of requests, told to an installation in peace and to one
// that is killed again and again, on the embedded broker and on Apache Kafka:
// all bi views are equal, row for row.
//
// Kafka's half needs brokers (make test-services names them); where they are
// required and not there, the test fails.
func TestConformanceOneRecordedLog(t *testing.T) {
	t.Parallel()
	brokers := []bool{false} // whether apart from the process
	switch {
	case os.Getenv(kafkatest.RealBrokers) != "":
		brokers = append(brokers, true)
	case os.Getenv("REQUIRE_SERVICES") == "1":
		t.Fatalf("%s names no brokers, and REQUIRE_SERVICES=1 wants the test to run on them: make test-services", kafkatest.RealBrokers)
	}
	kills := number(t, "LOG_KILLS", 3)
	if len(brokers) > 1 {
		kills = number(t, "LOG_KILLS", 20)
	}
	recorded := record(t, 31, max(100, 20*kills), simulator.NoiseStorm)
	var first map[string][]string
	for _, apart := range brokers {
		for _, kills := range []int{0, kills} {
			c := besiege(t, recorded, killSeed(t), kills, apart)
			c.endure(c.choose(kills, []ways{sameForAll()}))
			t.Logf("apart %v: %s", apart, c.judge())
			dump := c.dump()
			if first == nil {
				first = dump
			}
			for view := range dump {
				if len(dump[view]) == 0 {
					t.Errorf("bi.%s is empty: nothing was compared", view)
				}
			}
			for _, difference := range differences(first, dump) {
				t.Errorf("apart %v, %d kills: %s", apart, kills, difference)
			}
			c.stop()
		}
	}
	t.Logf("%d dumps of %d views are equal: %v", 2*len(brokers), len(first), slices.Sorted(maps.Keys(first)))
}

// sameForAll are the ways that say nothing to the door by themselves.
func sameForAll() ways {
	some := maps.Clone(everywhere)
	delete(some, crash.ErasureStep)
	return some
}
