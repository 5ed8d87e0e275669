package pipeline

import (
	"context"
	"net/http"
	"slices"
	"time"

	"askbuy/ingest"
	"askbuy/ingest/mask"
	"askbuy/internal/experiment"
	"askbuy/reply"
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
		Rungs:   steps.rungs, FAQVersion: steps.faq.Version,
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
	return func(by, arrival time.Time, events []reply.Sent) error {
		items := make([]ingest.Item, len(events))
		for i, e := range events {
			items[i].Event, items[i].NoTS = e.Event, e.NoTS
		}
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
