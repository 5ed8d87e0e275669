package pipeline

import (
	"context"
	"fmt"
	"time"

	"askbuy/models/intent"
)

// rulesEvery is how often the file of rules is looked at.
const rulesEvery = 2 * time.Second

// openIntent is the model in force with the rules of the configuration.
func openIntent(c Config) (*intent.Live, error) {
	live, err := intent.NewLive(intent.Default(), c.intentRules())
	if err != nil {
		return nil, fmt.Errorf("intent_rules %s: %w; correct the file, or move it away to do without rules", c.intentRules(), err)
	}
	return live, nil
}

// intentRulesPart takes over what changes in the file of rules while it runs.
func intentRulesPart(w wiring) part {
	return part{"intent rules", func(ctx context.Context) error {
		tick := time.NewTicker(rulesEvery)
		defer tick.Stop()
		return w.intent.Run(ctx, tick.C, func(rules int, err error) {
			if err != nil {
				w.log.Error("the file of intent rules is refused; the rules stay as they were", "file", w.config.intentRules(), "err", err)
				return
			}
			w.log.Info("intent rules are in force", "file", w.config.intentRules(), "rules", rules)
		})
	}}
}
