package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest"
	"askbuy/ingest/dedup"
	"askbuy/ingest/sender"
	"askbuy/internal/httpserver"
	"askbuy/internal/kafka"
	"askbuy/internal/kafka/embedded"
	"askbuy/pipeline"
	"askbuy/schemas/event"
)

// Credentials of the measured doors, which only this program knows.
const (
	cozeSecret = "a secret of thirty-two bytes, or more"
	apiKey     = "key"
)

// server is what a serving role is given.
type server struct {
	Dir     string // of the broker
	Broker  string // address, for the doors
	Profile string // file of a CPU profile; "" for none
}

// serveBroker is the embedded broker as `askbuy run` starts it.
func serveBroker(ctx context.Context, given string) error {
	s, err := input[server](given)
	if err != nil {
		return err
	}
	ctx, cancel := untilStdinEnds(ctx)
	defer cancel()
	broker, err := embedded.Start(embedded.Options{Dir: s.Dir, Addr: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	c := kafka.EmbeddedConfig(broker.Brokers())
	var topics []kafka.Topic
	for _, name := range append(event.RawTopics(), event.TopicDeadLetters) {
		topics = append(topics, kafka.Topic{Name: c.Name(name), Retention: time.Hour})
	}
	if _, err := kafka.EnsureTopics(ctx, c, topics); err != nil {
		return errors.Join(err, broker.Close())
	}
	fmt.Println(broker.Addr())
	return errors.Join(broker.Run(ctx), broker.Close())
}

// serveThin is the least that a webhook can do and still promise durability:
// read the body, store it, await the ack.
func serveThin(ctx context.Context, given string) error {
	return serve(ctx, given, func(p *kafka.Producer, c kafka.Config, mux *http.ServeMux) error {
		topic := c.Name(event.TopicMessages)
		mux.HandleFunc("POST /coze", func(w http.ResponseWriter, r *http.Request) {
			body := make([]byte, r.ContentLength)
			if _, err := io.ReadFull(r.Body, body); err != nil {
				http.Error(w, "body", http.StatusBadRequest)
				return
			}
			if err := p.Produce(r.Context(), kafka.Record{Topic: topic, Value: body}); err != nil {
				http.Error(w, "broker", http.StatusServiceUnavailable)
				return
			}
			_, _ = io.WriteString(w, "{}") // a sender that left reads no answer
		})
		return nil
	})
}

// serveDoor is the public door as package pipeline wires it.
func serveDoor(ctx context.Context, given string) error {
	return serve(ctx, given, func(p *kafka.Producer, c kafka.Config, mux *http.ServeMux) error {
		filter, err := dedup.NewFilter(dedup.DefaultConfig(), time.Now)
		if err != nil {
			return err
		}
		key := []byte("a fingerprint key of thirty-two bytes")
		acceptor, err := ingest.NewAcceptor(pipeline.DoorPublisher{Producer: p, Config: c}, filter, key, prometheus.NewRegistry())
		if err != nil {
			return err
		}
		config := sender.DefaultJWTConfig()
		config.Secrets = [][]byte{[]byte(cozeSecret)}
		jwt, err := sender.NewJWT(config, time.Now)
		if err != nil {
			return err
		}
		keys, err := ingest.NewKeys([]ingest.Key{{Secret: apiKey, AllShops: true}})
		if err != nil {
			return err
		}
		handler, err := ingest.New(ingest.Options{
			Config: ingest.DefaultConfig(), Acceptor: acceptor, Keys: keys,
			Coze: ingest.Source{Name: "coze", Verifier: sender.NewSeed(jwt), Mapper: sender.NewSeedBody("user_id"), DefaultShop: "default"},
			Log:  slog.New(slog.NewTextHandler(os.Stderr, nil)), Now: time.Now,
		})
		if err == nil {
			handler.Register(mux)
		}
		return err
	})
}

// serve runs a door, says its address, and ends with standard input.
func serve(ctx context.Context, given string, register func(*kafka.Producer, kafka.Config, *http.ServeMux) error) (err error) {
	s, err := input[server](given)
	if err != nil {
		return err
	}
	if s.Profile != "" {
		file, err := os.Create(s.Profile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	ctx, cancel := untilStdinEnds(ctx)
	defer cancel()
	c := kafka.EmbeddedConfig([]string{s.Broker})
	producer, err := kafka.NewProducer(c)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	if err := register(producer, c, mux); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	fmt.Println(listener.Addr())
	err = httpserver.New(httpserver.DefaultConfig(), listener, mux, httpserver.NewHealth(), log).Run(ctx)
	return errors.Join(err, producer.Close(context.WithoutCancel(ctx)))
}
