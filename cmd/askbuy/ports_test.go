package main

import (
	"fmt"
	"net"
	"testing"
)

// Default ports that are taken move, each to a free one, and start-up says so.
func TestBusyDefaultPortsMove(t *testing.T) {
	defaults := []string{"127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1:9092", "127.0.0.1:8123", "127.0.0.1:9000"}
	for _, addr := range defaults {
		if l, err := net.Listen("tcp", addr); err == nil { // else somebody has it already, which is as good
			t.Cleanup(func() { l.Close() })
		}
	}
	i := &instance{t: t, dir: t.TempDir()}
	i.again()
	for n, at := range []string{i.at.HTTP, i.at.Admin, i.at.Kafka, i.at.ClickHouseHTTP, i.at.ClickHouseNative} {
		if at == "" || at == defaults[n] || at == "http://"+defaults[n] {
			t.Errorf("%s did not move: %s", defaults[n], at)
		}
		if err := i.await(i.out, fmt.Sprintf("%s was taken", defaults[n])); err != nil {
			t.Errorf("start-up does not say that %s was taken:\n%s", defaults[n], i.out)
		}
	}
	i.settled()
}
