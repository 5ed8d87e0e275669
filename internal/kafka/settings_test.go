package kafka

import "testing"

// An acknowledged record has two copies wherever one replica may be away.
func TestTwoReplicasAcknowledge(t *testing.T) {
	for replicas, want := range map[int16]string{1: "", 2: "", 3: "2", 5: "2"} {
		c := DefaultConfig()
		c.Replication = replicas
		got := ""
		if set := (Topic{Name: "t", Retention: Keep}).settings(c)["min.insync.replicas"]; set != nil {
			got = *set
		}
		if got != want {
			t.Errorf("%d replicas: min.insync.replicas %q, want %q", replicas, got, want)
		}
	}
}
