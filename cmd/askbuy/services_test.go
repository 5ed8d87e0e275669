package main

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"
	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
	"askbuy/report"
)

// On brokers outside of the process, where the groups' tables lie on disk, and
// although it is killed midway, the reports say what is true.
func TestConformanceTruth(t *testing.T) {
	kafkatest.Each(t, 4, func(t *testing.T, c kafka.Config) {
		if os.Getenv(clickhousetest.EnvDSN) == "" { // else there is one warehouse
			t.Parallel()
		}
		i, truth := start(t, outside(t, c)...), t.TempDir()
		storm := i.begin("simulate", "--seed", "13", "--conversations", conversations(t, 150), "--noise", "storm", "--truth", truth)
		if err := storm.await(storm.err, "posted 50%"); err != nil {
			t.Fatalf("simulate: %v\n%s", err, storm.err)
		}
		i.kill()
		i.again()
		storm.wants(exitDone)
		i.verified(truth)
		var ledger report.LedgerReport
		i.report(&ledger, "ledger")
		t.Logf("counted: 1 kill, %d events, %d duplicates, %d lost; the reports equal the truth", ledger.Total.Records, ledger.Total.Duplicate, ledger.Total.Unexplained)
	})
}

// brokerArgs are the arguments of an instance on these brokers.
func brokerArgs(c kafka.Config) []string {
	return []string{
		"--kafka-brokers", strings.Join(c.Brokers, ","), "--kafka-prefix", c.Prefix,
		"--kafka-partitions", strconv.Itoa(int(c.Partitions)), "--kafka-replication", strconv.Itoa(int(c.Replication)),
	}
}

// outside are the arguments of an instance on these brokers and, when the
// environment names one, on that ClickHouse.
func outside(t *testing.T, c kafka.Config) []string {
	t.Helper()
	args := brokerArgs(c)
	dsn := os.Getenv(clickhousetest.EnvDSN)
	if dsn == "" {
		return args
	}
	db, err := clickhouse.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, name := range []string{"bi", "askbuy"} { // what another test left
		if err := db.Exec(t.Context(), "DROP DATABASE IF EXISTS "+name+" SYNC", nil); err != nil {
			t.Fatal(err)
		}
	}
	return append(args, "--clickhouse-dsn", dsn)
}
