package kafka_test

import (
	"strings"
	"testing"

	"askbuy/internal/kafka"
)

func TestConfigNamesEveryProblem(t *testing.T) {
	c := kafka.DefaultConfig()
	c.Brokers = []string{"nowhere"}
	c.Prefix = "ask buy."
	c.Partitions = 0
	c.Replication = 0
	c.ClientID = ""
	c.MaxMessageBytes = 1
	c.MaxBufferedRecords = 0
	c.MaxBufferedBytes = 0
	c.SASL = kafka.SASL{Mechanism: "KERBEROS"}
	err := c.Validate()
	if err == nil {
		t.Fatal("a configuration full of mistakes passed")
	}
	for _, want := range []string{
		`"nowhere" is not host:port`, "kafka prefix", "kafka partitions", "kafka replication", "kafka client id",
		"kafka max message bytes", "kafka max buffered records", "kafka max buffered bytes",
		"kafka sasl mechanism", "kafka sasl user", "kafka sasl password",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no mention of %q in:\n%v", want, err)
		}
	}
}

func TestConfigDefaultsAreValid(t *testing.T) {
	c := kafka.DefaultConfig()
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "brokers") {
		t.Errorf("no brokers: got %v", err)
	}
	c.Brokers = []string{"localhost:9092"}
	if err := c.Validate(); err != nil {
		t.Errorf("default: %v", err)
	}
	if err := kafka.EmbeddedConfig([]string{"127.0.0.1:1"}).Validate(); err != nil {
		t.Errorf("embedded: %v", err)
	}
	c.SASL.User = "u"
	if c.Validate() == nil {
		t.Error("a user without a mechanism passed")
	}
	if got := c.Name("messages.v1"); got != "askbuy.messages.v1" {
		t.Errorf("name: %s", got)
	}
}
