package pipeline

import (
	"fmt"
	"slices"
	"time"

	"askbuy/ingest/sender"
	"askbuy/reply"
	"askbuy/reply/turn"
)

// Reply says how shoppers are answered at POST /chat.
type Reply struct {
	Apps      map[string]ReplyApp `koanf:"apps"`       // by AppID; none: every AppID is default_shop
	Intents   []string            `koanf:"intents"`    // topics that are answered; none: all
	OnTimeout string              `koanf:"on_timeout"` // preset or error
	// Experiment is the key of the one that decides how a shopper is answered;
	// Treatments says what its variants mean: faq, llm or holdout. A variant of
	// one of these names needs no word.
	Experiment string            `koanf:"experiment"`
	Treatments map[string]string `koanf:"treatments"`
	Shop       ReplyShop         `koanf:"shop"`
	Handoffs   ReplyHandoffs     `koanf:"handoffs"`
	FAQ        string            `koanf:"faq"` // a file of entries (JSON) in the place of the starter set; need not exist

	Rules string   `koanf:"rules"` // a file of answers and texts (JSON); need not exist
	Words string   `koanf:"words"` // a file of words that are neither asked nor said; need not exist
	LLM   ReplyLLM `koanf:"llm"`
}

// ReplyApp is a mini program.
type ReplyApp struct {
	Shop          string `koanf:"shop"`
	SessionSecret string `koanf:"session_secret"` // "": X-User-ID is believed
}

func defaultReply() Reply { return Reply{OnTimeout: string(reply.PresetOnTimeout)} }

var treatments = []turn.Treatment{turn.TreatFAQ, turn.TreatLLM, turn.TreatHoldout}

// treatment is what a variant means.
func (r Reply) treatment(variant string) turn.Treatment {
	if named := r.Treatments[variant]; named != "" {
		return turn.Treatment(named)
	}
	if slices.Contains(treatments, turn.Treatment(variant)) {
		return turn.Treatment(variant)
	}
	return turn.TreatAll
}

// reply is what the room is configured with.
func (c Config) reply() (reply.Config, error) {
	config := reply.DefaultConfig()
	config.DefaultShop, config.Intents = c.DefaultShop, c.Reply.Intents
	config.OnTimeout = reply.OnTimeout(c.Reply.OnTimeout)
	config.Apps = map[string]reply.App{}
	for id, app := range c.Reply.Apps {
		made := reply.App{Shop: app.Shop}
		if app.SessionSecret != "" {
			jwt := sender.DefaultJWTConfig()
			jwt.Setting, jwt.Secrets = "reply.apps."+id+".session_secret", [][]byte{[]byte(app.SessionSecret)}
			tokens, err := sender.NewJWT(jwt, time.Now)
			if err != nil {
				return config, err
			}
			made.Session = func(token string) (string, error) {
				t, err := tokens.Verify(token)
				return t.Subject, err
			}
		}
		config.Apps[id] = made
	}
	return config, nil
}

func (c Config) checkReply() (problems []error) {
	config, err := c.reply()
	if err == nil {
		err = config.Validate()
	}
	if err != nil {
		problems = append(problems, err)
	}
	for id, app := range c.Reply.Apps {
		if n := len(app.SessionSecret); n > 0 && n < minSecret {
			problems = append(problems, fmt.Errorf("reply.apps.%s.session_secret: has %d bytes, fewer than %d: generate one with `openssl rand -hex 32`", id, n, minSecret))
		}
	}
	if err := c.Reply.Shop.check(); err != nil {
		problems = append(problems, err)
	}
	problems = append(problems, c.Reply.Handoffs.check()...)
	if model := c.Reply.LLM.config(); model.URL != "" {
		if err := model.WithDefaults().Validate(); err != nil {
			problems = append(problems, prefixed("reply.llm.", err))
		}
	}
	for variant, name := range c.Reply.Treatments {
		if !slices.Contains(treatments, turn.Treatment(name)) {
			problems = append(problems, fmt.Errorf("reply.treatments.%s: %q: use one of %v", variant, name, treatments))
		}
	}
	return problems
}
