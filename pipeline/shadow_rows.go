package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/processors"
	"askbuy/schemas/event"
)

// turn answers what one poll brings. What cannot be answered yet is tried
// until it can, or until ctx ends: then it comes again.
func (s *shadowing) turn(ctx context.Context, consumer *kafka.Consumer) error {
	timed, cancel := context.WithTimeout(ctx, shadowLinger)
	batch, err := consumer.Poll(timed, shadowAtOnce)
	cancel()
	consumer.AllowRebalance() // answering twice changes nothing
	if errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	said := s.read(batch)
	for {
		err := s.answer(ctx, said)
		s.note(ctx, err)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			break
		}
	}
	return consumer.Commit(ctx, batch)
}

// said are the scores to answer, by shopper and message.
type said map[event.Shopper]map[string]event.Position

func (s *shadowing) read(batch kafka.Batch) said {
	all := said{}
	for _, part := range batch {
		for _, r := range part.Records {
			var m event.MessageScore
			switch err := json.Unmarshal(r.Value, &m); {
			case err != nil:
				s.count(shadowUnread)
				continue
			case s.candidate == nil || r.Time.Before(s.candidate.since):
				s.count(shadowBefore)
				continue
			}
			shopper := event.Shopper{ShopID: m.ShopID, UserID: m.UserID}
			if all[shopper] == nil {
				all[shopper] = map[string]event.Position{}
			}
			all[shopper][m.EventID] = max(all[shopper][m.EventID], m.Version)
		}
	}
	return all
}

func (s *shadowing) count(outcome string) { s.outcomes.WithLabelValues(outcome).Inc() }

// answer computes and publishes the rows of these scores.
func (s *shadowing) answer(ctx context.Context, all said) error {
	if len(all) == 0 {
		return nil
	}
	needs, err := s.toldSoFar(ctx)
	if err != nil {
		return err
	}
	for stored := false; !stored; {
		if stored, err = s.facts.Stored(ctx, needs); err != nil {
			return err
		}
		if !stored {
			_ = wait.For(ctx, shadowPause)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	shoppers := make([]event.Shopper, 0, len(all))
	for shopper := range all {
		shoppers = append(shoppers, shopper)
	}
	histories, err := s.facts.Shoppers(ctx, shoppers)
	if err != nil {
		return err
	}
	group, publishing := errgroup.WithContext(ctx)
	group.SetLimit(shadowAtOnce)
	for shopper, messages := range all {
		rows, err := s.rows(ctx, shopper, histories[shopper], messages)
		if err != nil {
			return err
		}
		for _, row := range rows {
			group.Go(func() error { return s.say(publishing, row) })
		}
	}
	return group.Wait()
}

// rows are what the candidate says of these messages of a shopper. A fold that
// fails would fail again: it is counted and passed over.
func (s *shadowing) rows(ctx context.Context, shopper event.Shopper, h processors.History, messages map[string]event.Position) (rows []*event.ShadowScore, err error) {
	if !s.erased.Empty() {
		h = h.Without(s.erased.EventGone)
	}
	scores, _, err := s.candidate.rebuild.Rows(ctx, shopper, h, 0)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		s.outcomes.WithLabelValues(shadowBroken).Add(float64(len(messages)))
		s.log.Error("a candidate failed on a shopper", "model", s.candidate.model.ID(), "error", err)
		return nil, nil
	}
	for _, m := range scores {
		if version, asked := messages[m.EventID]; asked {
			rows = append(rows, &event.ShadowScore{
				ShopID: m.ShopID, UserID: m.UserID, EventID: m.EventID, ConvID: m.ConvID, TS: m.TS, ModelID: s.candidate.model.ID(),
				Evidence: m.Evidence, BuyScore: m.BuyScore, POrder: m.POrder, PNet: m.PNet, Version: version,
			})
		}
	}
	s.outcomes.WithLabelValues(shadowGone).Add(float64(len(messages) - len(rows)))
	return rows, nil
}

func (s *shadowing) say(ctx context.Context, row *event.ShadowScore) error {
	value, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("encode score in the shadow: %w", err)
	}
	err = s.publish(ctx, kafka.Record{
		Topic: s.config.Name(event.TopicShadowScores), Key: []byte(event.Key(row.ShopID, row.UserID)), Value: value,
		Headers: []kafka.Header{{Key: event.HeaderSchema, Value: []byte(event.Version)}},
	})
	if err == nil {
		s.count(shadowWritten)
	}
	return err
}
