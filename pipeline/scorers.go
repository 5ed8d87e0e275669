package pipeline

import (
	"context"
	"fmt"
	"time"

	"askbuy/schemas/event"
	"askbuy/scorers"
)

// Scorer is one that is asked for second opinions. A zero is the default.
type Scorer struct {
	Name            string        `koanf:"name"`
	URL             string        `koanf:"url"`
	Batch           int           `koanf:"batch"`
	Timeout         time.Duration `koanf:"timeout"`
	BudgetPerSecond uint          `koanf:"budget_per_second"`
	When            string        `koanf:"when"` // uncertain or all
	Concurrency     int           `koanf:"concurrency"`
}

func (s Scorer) config() scorers.Config {
	return scorers.Config{
		Name: s.Name, URL: s.URL, Batch: s.Batch, Timeout: s.Timeout, BudgetPerSecond: s.BudgetPerSecond,
		When: scorers.When(s.When), Concurrency: s.Concurrency,
	}.WithDefaults()
}

// checkScorers reports every problem of the scorers.
func (c Config) checkScorers() (problems []error) {
	names := map[string]bool{}
	for i, s := range c.Scorers {
		if err := s.config().Validate(); err != nil {
			problems = append(problems, fmt.Errorf("scorers[%d]: %w", i, err))
		}
		if names[s.Name] {
			problems = append(problems, fmt.Errorf("scorers[%d].name: %q is there twice: give each scorer a name of its own", i, s.Name))
		}
		names[s.Name] = true
	}
	return problems
}

// A text is uncertain when its likeliest act has a probability below
// certainAct, or when it moves the odds of an order by less than a factor of
// e^clearEvidence either way.
const (
	certainAct    = 0.6
	clearEvidence = 0.5
)

func (w wiring) uncertain(ctx context.Context, text string) bool {
	model, err := w.models.Now(ctx)
	if err != nil { // no first opinion at all
		return true
	}
	s := model.Score(text)
	return s.ActConfidence < certainAct || s.Evidence > -clearEvidence && s.Evidence < clearEvidence
}

// scorerParts ask other scorers, each as a consumer of its own. They are not
// among what readiness asks: nobody waits for them.
func scorerParts(w wiring) ([]part, error) {
	var parts []part
	for _, s := range w.config.Scorers {
		consumer, err := scorers.NewConsumer(w.kafka, s.Name, w.log)
		if err != nil {
			return nil, err
		}
		w.onClose(func() error { consumer.Close(); return nil })
		producer, err := w.newProducer()
		if err != nil {
			return nil, err
		}
		scorer, err := scorers.New(s.config(), scorers.Deps{
			Source: consumer, Results: &scorers.Opinions{Producer: producer, Config: w.kafka},
			Uncertain: w.uncertain,
			Gone:      func(e *event.Event) bool { return w.erased.EventGone(e) }, Registerer: w.registry, Log: w.log,
		})
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{"scorer " + s.Name, scorer.Run})
	}
	return parts, nil
}
