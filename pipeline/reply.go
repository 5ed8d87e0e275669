package pipeline

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"askbuy/ingest"
	"askbuy/ingest/mask"
	"askbuy/internal/experiment"
	"askbuy/reply"
	"askbuy/reply/dialogue"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// replySource is the source of what the reply service records.
const replySource = "reply"

// replyRoutes are those by which shoppers ask.
func replyRoutes(w wiring, in *entrance, assigned *assigned, mux *http.ServeMux) ([]part, error) {
	config, err := w.config.reply()
	if err != nil {
		return nil, err
	}
	known, following, err := openShop(w)
	if err != nil {
		return nil, err
	}
	steps, err := newReplySteps(w, in, known, mux)
	if err != nil {
		return nil, err
	}
	people, err := openPeople(w, in)
	if err != nil {
		return nil, err
	}
	service, err := reply.New(config, reply.Deps{
		Accept: acceptReplies(in.acceptor), Mask: maskText, Models: w.models,
		Conversations: people.book, Handoffs: people.desk,
		Arms:    w.config.Reply.arms(assigned),
		Offers:  offers(known),
		Profile: steps.profiles.Get,
		Rungs:   steps.rungs, FAQVersion: steps.faq.Version, Carry: dialogue.Carry,
		Key: []byte(w.secrets.fingerprint), Registerer: w.registry, Log: w.log, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	listening, err := openLive(w, in, people, service)
	if err != nil {
		return nil, err
	}
	service.Register(mux)
	people.desk.Register(mux)
	listening.Register(mux)
	in.drains = append(in.drains, listening.Close)
	return slices.Concat(steps.parts, following, people.parts(), []part{{"realtime", listening.Run}}), nil
}

func maskText(text string) string {
	masked, _ := mask.Text(text)
	return masked
}

// acceptReplies is the acceptor as the reply room knows it: erased, duplicate
// and set aside are durable, too.
func acceptReplies(a *ingest.Acceptor) reply.Accept {
	room := sync.Pool{New: func() any { return new([]ingest.Item) }} // nobody keeps items: records are written of them
	return func(by, arrival time.Time, events []reply.Sent) error {
		kept := room.Get().(*[]ingest.Item)
		defer func() { clear(*kept); room.Put(kept) }()
		items := (*kept)[:0]
		for i := range events {
			items = append(items, ingest.Item{Decoded: ingest.Decoded{Event: events[i].Event, NoTS: events[i].NoTS}})
		}
		*kept = items
		_, err := a.AcceptBy(context.Background(), by, replySource, arrival, items)
		return err
	}
}

// arms gives shoppers their variant of the experiment that is named.
func (r Reply) arms(assigned *assigned) func(event.Shopper) turn.Arm {
	if r.Experiment == "" {
		return nil
	}
	return func(s event.Shopper) turn.Arm {
		running := assigned.running(r.Experiment)
		if len(running) == 0 {
			return turn.Arm{}
		}
		for _, a := range experiment.Assign(s.ShopID, s.UserID, running) {
			if a.Variant != nil {
				return turn.Arm{Experiment: a.Experiment, Variant: *a.Variant, Treatment: r.treatment(*a.Variant)}
			}
		}
		return turn.Arm{}
	}
}
