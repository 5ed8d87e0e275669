package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"askbuy/models/intent"
)

// log is the topic that entries are published in.
type topic interface {
	reader
	Append(ctx context.Context, e Entry) error
}

// memory outlives the topic.
type memory interface {
	Log(ctx context.Context) (Log, error)
	Remember(ctx context.Context, entries ...Entry) error
}

// store keeps what entries name.
type store interface {
	Put(ctx context.Context, origin string, b *intent.Bundle) error
	PutRules(ctx context.Context, raw []byte) (id string, err error)
	Model(ctx context.Context, id string) (*intent.Model, error)
}

// Publisher says what comes into force.
type Publisher struct {
	Topic  topic
	Memory memory
	Store  store
	Now    func() time.Time
}

// ErrNothing says that there is nothing to publish.
var ErrNothing = errors.New("models log")

// Log reads the log to its end.
func (p *Publisher) Log(ctx context.Context) (Log, error) {
	ends, err := p.Topic.Ends(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the end of the models log: %w", err)
	}
	var log Log
	var unreadable []error
	for partition, end := range ends {
		err := p.Topic.Read(ctx, partition, 0, end, func(key, value []byte) {
			e, err := decodeEntry(key, value)
			if err != nil {
				unreadable = append(unreadable, err)
			} else if e.Validate() == nil {
				log = log.With(e)
			}
		})
		if err := errors.Join(append(unreadable, err)...); err != nil {
			return nil, fmt.Errorf("read the models log: %w", err)
		}
	}
	return log, nil
}

// Begin makes sure that there is a log: an installation's first one has the
// shipped model, with the rules there are, in force from the beginning. What
// the warehouse remembers and the topic lacks is published again.
func (p *Publisher) Begin(ctx context.Context, shipped *intent.Bundle, rules []byte) (Log, error) {
	if err := p.Store.Put(ctx, OriginShipped, shipped); err != nil {
		return nil, err
	}
	log, err := p.Log(ctx)
	if err != nil {
		return nil, err
	}
	remembered, err := p.Memory.Log(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range remembered {
		if log.has(e.From) {
			continue
		}
		if err := p.append(ctx, e); err != nil {
			return nil, err
		}
		log = log.With(e)
	}
	if len(log) == 0 {
		id, err := p.Store.PutRules(ctx, rules)
		if err != nil {
			return nil, err
		}
		e := Entry{From: Beginning, ModelID: shipped.Manifest.ID, RulesID: id, By: "askbuy", Why: "shipped"}
		if err := p.append(ctx, e); err != nil {
			return nil, err
		}
		log = log.With(e)
	}
	var fresh []Entry
	for _, e := range log {
		if !remembered.has(e.From) {
			fresh = append(fresh, e)
		}
	}
	return log, p.Memory.Remember(ctx, fresh...)
}

// Promotion is somebody's decision for a model.
type Promotion struct {
	Model string
	Over  string // the model that it was judged against; "": whichever is the last one
	By    string
	Why   string
}

// Promote puts a model of the registry in force, once it has been loaded. What
// was judged against another model than the log's last one is not promoted:
// somebody has promoted that one meanwhile.
func (p *Publisher) Promote(ctx context.Context, d Promotion) (Entry, error) {
	if _, err := p.Store.Model(ctx, d.Model); err != nil {
		return Entry{}, err
	}
	return p.publish(ctx, func(last Entry) (Entry, error) {
		switch from := time.UnixMilli(last.From).UTC().Format(time.RFC3339); {
		case last.ModelID == d.Model:
			return Entry{}, fmt.Errorf("%w: model %s is the last one already, from %s on", ErrNothing, d.Model, from)
		case d.Over != "" && last.ModelID != d.Over:
			err := fmt.Errorf("%w: model %s was judged against %s, but %s is the last one, from %s on: judge it again", ErrNothing, d.Model, d.Over, last.ModelID, from)
			return Entry{}, errors.Join(err, p.Memory.Remember(ctx, last)) // by which it was judged; it may have missed the entry
		}
		return Entry{ModelID: d.Model, RulesID: last.RulesID, By: d.By, Why: d.Why}, nil
	})
}

// Rollback puts the model in force again that was before the last one.
func (p *Publisher) Rollback(ctx context.Context, by, why string) (Entry, error) {
	log, err := p.Log(ctx)
	if err != nil {
		return Entry{}, err
	}
	if len(log) == 0 {
		return Entry{}, errNoLog
	}
	former, ok := log.Former()
	if !ok {
		return Entry{}, fmt.Errorf("%w: there is no former model: %s is the only one", ErrNothing, log.Last().ModelID)
	}
	return p.Promote(ctx, Promotion{Model: former, Over: log.Last().ModelID, By: by, Why: why})
}

// PublishRules puts the content of a file of rules in force, unless it is.
func (p *Publisher) PublishRules(ctx context.Context, raw []byte, by, why string) (Entry, error) {
	id, err := p.Store.PutRules(ctx, raw)
	if err != nil {
		return Entry{}, err
	}
	return p.publish(ctx, func(last Entry) (Entry, error) {
		if last.RulesID == id {
			return Entry{}, fmt.Errorf("%w: these rules are the last ones already", ErrNothing)
		}
		return Entry{ModelID: last.ModelID, RulesID: id, By: by, Why: why}, nil
	})
}

var errNoLog = fmt.Errorf("%w: it is empty: start an instance first, which begins it", ErrNothing)

// publish follows the last entry of the log by another, which takes effect
// after Notice.
func (p *Publisher) publish(ctx context.Context, follow func(last Entry) (Entry, error)) (Entry, error) {
	log, err := p.Log(ctx)
	if err != nil {
		return Entry{}, err
	}
	if len(log) == 0 {
		return Entry{}, errNoLog
	}
	e, err := follow(log.Last())
	if err != nil {
		return Entry{}, err
	}
	now := p.Now()
	e.From, e.PublishedAt = log.next(now), now.UnixMilli()
	if err := p.append(ctx, e); err != nil {
		return Entry{}, err
	}
	return e, p.Memory.Remember(ctx, e)
}

func (p *Publisher) append(ctx context.Context, e Entry) error {
	if err := e.Validate(); err != nil {
		return fmt.Errorf("publish model %s: %w", e.ModelID, err)
	}
	if err := p.Topic.Append(ctx, e); err != nil {
		return fmt.Errorf("publish model %s: %w", e.ModelID, err)
	}
	return nil
}
