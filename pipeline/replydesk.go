package pipeline

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"askbuy/ingest"
	"askbuy/ingest/sender"
	"askbuy/internal/kafka"
	"askbuy/models/intent"
	"askbuy/reply"
	"askbuy/reply/conversation"
	"askbuy/reply/handoffs"
	"askbuy/reply/live"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// people is what has conversations answered by people.
type people struct {
	book *conversation.Book
	desk *handoffs.Desk
	post *handoffs.Deliverer // nil: nobody is told
}

// openPeople opens what is known of conversations, and the desk at which people
// take them over.
func openPeople(w wiring, in *entrance) (*people, error) {
	config := conversation.DefaultConfig()
	config.Kafka = w.kafka
	if len(w.config.KafkaBrokers) > 0 {
		config.StateDir = filepath.Join(w.config.DataDir, "state")
	}
	config.TableID = w.infos[kafka.TableTopic(w.kafka.Name(conversation.Group)).Name].ID
	p := &people{}
	var err error
	if p.book, err = conversation.New(config, conversation.Deps{
		Offsets: w.admin, Erased: w.erased, Registerer: w.registry, Log: w.log, Now: time.Now,
	}); err != nil {
		return nil, err
	}
	w.health.Add("conversations", readiness("conversations", p.book.Ready))
	if p.desk, err = handoffs.New(handoffs.Deps{
		Book: p.book, Record: recordReplies(in.acceptor), Keys: in.keys, Score: scoreTexts(w),
		ID: func() string { return strings.ToLower(rand.Text()) }, Now: time.Now, Registerer: w.registry, Log: w.log,
	}); err != nil {
		return nil, err
	}
	p.post, err = w.config.Reply.Handoffs.deliverer(p.desk)
	return p, err
}

func (p *people) parts() []part {
	parts := []part{{"conversations", p.book.Run}, {"handoffs that lapse", p.desk.Run}}
	if p.post != nil {
		parts = append(parts, part{"handoffs", p.post.Run})
	}
	return parts
}

// openLive tells shoppers at once what people write to them, and what becomes of
// their orders.
func openLive(w wiring, in *entrance, p *people, service *reply.Service) (*live.Service, error) {
	record := recordReplies(in.acceptor)
	return live.New(live.Deps{
		Kafka: w.kafka, Offsets: w.admin, Who: service.Who, Registerer: w.registry, Log: w.log,
		Waiting: func(s event.Shopper) ([]turn.Words, string) {
			known := p.book.State(s)
			return known.Waiting(), known.Turn().ConvID
		},
		Shown: func(s event.Shopper, conv string, ids []string) error {
			return record(time.Now().Add(reply.MaxDeadline), p.desk.Shown(s, conv, ids))
		},
	})
}

// recordReplies is the acceptor as the desk knows it.
func recordReplies(a *ingest.Acceptor) func(by time.Time, events ...event.Event) error {
	return func(by time.Time, events ...event.Event) error {
		items := make([]ingest.Item, len(events))
		for i := range events {
			// A person's words that are sent again have the time of their arrival.
			items[i].Event, items[i].NoTS = events[i], events[i].Type == event.TypeMessage
		}
		_, err := a.AcceptBy(context.Background(), by, replySource, time.Now(), items)
		return err
	}
}

// scoreTexts scores what a shopper wrote in one conversation, by the model in
// force now. It does not wait for one.
func scoreTexts(w wiring) func(event.Shopper, []string) *float64 {
	return func(s event.Shopper, texts []string) *float64 {
		ctx, cancel := context.WithTimeout(context.Background(), modelPatience)
		defer cancel()
		model, err := w.models.Now(ctx)
		if err != nil {
			return nil
		}
		var points []intent.Point
		for _, text := range texts {
			scored := model.Score(text)
			points = append(points, intent.Point{Evidence: scored.Evidence, Bargain: scored.Act == intent.Bargain, Params: model.Params()})
		}
		folded := intent.Fold(s.ShopID, points, nil)
		return &folded[len(folded)-1].BuyScore
	}
}

// modelPatience is how long a handoff waits for a model.
const modelPatience = 20 * time.Millisecond

// ReplyHandoffs says who is told when a person is called.
type ReplyHandoffs struct {
	URL     string   `koanf:"url"`     // "": nobody is told; GET /v1/handoffs lists them all the same
	Secrets []string `koanf:"secrets"` // of Standard Webhooks, the present one first
}

func (r ReplyHandoffs) deliverer(desk *handoffs.Desk) (*handoffs.Deliverer, error) {
	if r.URL == "" {
		return nil, nil
	}
	signer, err := sender.NewStandardSigner(r.Secrets)
	if err != nil {
		return nil, fmt.Errorf("reply.handoffs.%w", err)
	}
	o := handoffs.DefaultOutbound(r.URL)
	o.Sign, o.Dice = signer.Sign, mathrand.Float64
	return desk.Deliverer(o)
}

func (r ReplyHandoffs) check() (problems []error) {
	if r.URL == "" {
		if len(r.Secrets) > 0 {
			problems = append(problems, fmt.Errorf("reply.handoffs.url: is missing beside secrets: give the address that packages are posted to"))
		}
		return problems
	}
	if !strings.HasPrefix(r.URL, "https://") && !strings.HasPrefix(r.URL, "http://") {
		problems = append(problems, fmt.Errorf("reply.handoffs.url: %q: want an address with http:// or https://", r.URL))
	}
	if _, err := sender.NewStandardSigner(r.Secrets); err != nil {
		problems = append(problems, fmt.Errorf("reply.handoffs.%w", err))
	}
	return problems
}
