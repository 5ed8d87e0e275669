// Command testservices is make test-services: it starts Apache Kafka, or takes
// the brokers that the environment names, runs every test that chooses its
// broker against it, says what was counted, and stops Kafka again.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"askbuy/internal/kafka/kafkatest"
	"askbuy/internal/kafka/kafkatest/apache"
)

// required makes a machine without Apache Kafka a failure.
const required = "REQUIRE_SERVICES"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if given := os.Args[1:]; len(given) > 0 {
		packages = given
	}
	err := run(ctx)
	if errors.Is(err, apache.ErrUnavailable) && os.Getenv(required) != "1" {
		fmt.Printf("test-services: NOT RUN: %v\ntest-services: with %s=1 this would have failed\n", err, required)
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "test-services:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if brokers := os.Getenv(kafkatest.RealBrokers); brokers != "" {
		fmt.Println("test-services: against", brokers)
		return test(ctx, nil)
	}
	libs, err := apache.Fetch(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "askbuy-kafka-")
	if err != nil {
		return fmt.Errorf("make a directory for kafka: %w", err)
	}
	defer os.RemoveAll(dir)
	node, err := apache.Start(ctx, apache.Config{Libs: libs, Dir: dir})
	if err != nil {
		return err
	}
	defer node.Stop()
	fmt.Printf("test-services: Apache Kafka %s is up\n", apache.Version)
	if err := test(ctx, node.Environment()); err != nil {
		return fmt.Errorf("%w\nthe end of the broker's log:\n%s", err, node.Log())
	}
	return nil
}
