package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"askbuy/ingest/mask"
	"askbuy/models/faq"
	"askbuy/reply"
	"askbuy/reply/cache"
	"askbuy/reply/dialogue"
	"askbuy/reply/handoffs"
	"askbuy/reply/hotfile"
	"askbuy/reply/knowledge"
	"askbuy/reply/llm"
	"askbuy/reply/profile"
	"askbuy/reply/safety"
	"askbuy/reply/shop"
	"askbuy/reply/turn"
)

// replySteps are what the ladder is made of, and what runs beside it.
type replySteps struct {
	rungs    []reply.Rung
	profiles *profile.Reader
	faq      *knowledge.Set
	parts    []part
}

// newReplySteps makes the ladder: first what may not be asked, then what costs
// least. Rules come before the caches, so that a new rule counts at once.
func newReplySteps(w wiring, in *entrance, known shop.Provider, mux *http.ServeMux) (*replySteps, error) {
	s := &replySteps{}
	guard, refuse, err := s.guard(w)
	if err != nil {
		return nil, err
	}
	set, err := s.knowledge(w, in, mux, guard)
	if err != nil {
		return nil, err
	}
	s.faq = set
	rules, err := openRules(w.config, w.log)
	if err != nil {
		return nil, err
	}
	s.parts = append(s.parts, part{"reply rules", rules.Run})
	hot, err := openHot(w)
	if err != nil {
		return nil, err
	}
	model, err := llmRung(w, guard, refuse, set, known)
	if err != nil {
		return nil, err
	}
	checked := func(step turn.Step) reply.Rung {
		return reply.Rung{Step: safety.Checked{Step: step, Guard: guard, Refuse: refuse}}
	}
	talk := checked(dialogue.Step{Models: w.models, Rules: rules.Get, Knows: answers(set)})
	talk.Underway = dialogue.Underway
	facts := w.config.Reply.Shop.rung(known)
	facts.Step = safety.Checked{Step: facts.Step, Guard: guard, Refuse: refuse}
	s.rungs = []reply.Rung{
		{Step: safety.Gate{Guard: guard, Refuse: refuse}, Always: true},
		talk,
		facts,
		checked(hot),
	}
	if len(model) > 0 { // what it said is kept, and nothing else
		inContext, err := openInContext(w)
		if err != nil {
			return nil, err
		}
		s.rungs = append(s.rungs, checked(inContext))
	}
	deals := checked(shop.Deals{Offers: offers(known)})
	deals.Budget, deals.Only = facts.Budget, shop.AsksForDeals
	s.rungs = append(s.rungs, checked(reply.FAQ{Entries: set}), deals) // how a coupon is used, the FAQ knows better
	s.rungs = append(append(s.rungs, model...), reply.Rung{Step: dialogue.Ask{Models: w.models}})
	s.profiles, err = profile.NewReader(profile.Facts{DB: w.db}, time.Now, w.log)
	if err != nil {
		return nil, err
	}
	s.parts = append(s.parts, part{"profiles", s.profiles.Run})
	return s, nil
}

// answers reports whether the FAQ has an answer to a turn.
func answers(set *knowledge.Set) func(t *turn.Turn) bool {
	return func(t *turn.Turn) bool {
		_, ok := reply.FAQ{Entries: set}.Answer(context.Background(), t)
		return ok
	}
}

// guard judges what is asked and said.
func (s *replySteps) guard(w wiring) (*safety.Guard, func(safety.Reason), error) {
	words, err := openWords(w.config, w.log)
	if err != nil {
		return nil, nil, err
	}
	s.parts = append(s.parts, part{"reply words", words.Run})
	refuse, err := safety.NewCounter(w.registry)
	return &safety.Guard{
		Words: words.Get, Instructions: llm.Instructions(),
		Mask: func(text string) (string, bool) {
			masked, found := mask.Text(text)
			return masked, found != 0
		},
	}, refuse, err
}

// knowledge is every shop's FAQ, read to the end of its log, and its desk.
func (s *replySteps) knowledge(w wiring, in *entrance, mux *http.ServeMux, guard *safety.Guard) (*knowledge.Set, error) {
	base, err := readFAQ(w.config.replyFile(w.config.Reply.FAQ, "faq.json"))
	if err != nil {
		return nil, err
	}
	set, err := newSet(base)
	if err != nil {
		return nil, err
	}
	producer, err := w.newProducer()
	if err != nil {
		return nil, err
	}
	log := &knowledge.Log{Config: w.kafka, Admin: w.admin, Producer: producer, Set: set, Log: w.log}
	if err := log.CatchUp(w.ctx); err != nil {
		return nil, err
	}
	s.parts = append(s.parts, part{"knowledge log", log.Run})
	desk := &knowledge.Handler{
		Set: set, Facts: knowledge.Facts{DB: w.db}, Log: log, Keys: in.keys, DefaultShop: w.config.DefaultShop,
		Unfit: func(text string) bool { return guard.Question(text) != "" || w.callsPerson(text) }, Now: time.Now, Slog: w.log,
	}
	desk.Register(mux)
	return set, nil
}

// callsPerson reports whether a text is for a person, and no question for a FAQ.
func (w wiring) callsPerson(text string) bool {
	ctx, cancel := context.WithTimeout(w.ctx, time.Second)
	defer cancel()
	t := &turn.Turn{Text: text}
	if model, err := w.models.Now(ctx); err == nil {
		t.Intent = model.Score(text)
	}
	return handoffs.Calls(t)
}

// openHot keeps answers of the FAQ that may be given again.
func openHot(w wiring) (turn.Step, error) {
	replies, err := keptReplies(w, cache.HotSize, cache.HotLifetime)
	return cache.HotStep{Versions: versionsOf(w), Replies: replies}, err
}

// openInContext keeps those of the language model, until somebody is erased.
func openInContext(w wiring) (turn.Step, error) {
	replies, err := keptReplies(w, cache.ContextSize, cache.Lifetime)
	if err != nil {
		return nil, err
	}
	w.erased.OnChange(replies.Clear) // whose question an answer was made for is not known any more
	gone := func(t *turn.Turn) bool { return w.erased.ShopperGone(t.Shopper, t.At) }
	return cache.ContextStep{Versions: versionsOf(w), Replies: replies, Gone: gone}, nil
}

func keptReplies(w wiring, size int, lifetime time.Duration) (*cache.Cache[turn.Reply], error) {
	kept, err := cache.New[turn.Reply](size, lifetime, nil)
	if err != nil {
		return nil, err
	}
	w.onClose(func() error { kept.Close(); return nil })
	return kept, nil
}

func versionsOf(w wiring) replyVersions { return replyVersions{w.config.Reply.LLM.Model} }

// replyVersions are what a reply that is kept depends on.
type replyVersions struct{ model string }

// Scope is that of a turn.
func (v replyVersions) Scope(t *turn.Turn) cache.Scope {
	s := cache.Scope{Shop: t.ShopID, Language: t.Language, Model: v.model}
	if t.Arm.Experiment != "" {
		s.Arm = t.Arm.Experiment + "\x00" + t.Arm.Variant
	}
	return s
}

// CheckReplyFiles reads the files of the reply service as a start would.
func CheckReplyFiles(c Config) error {
	_, words := openWords(c, slog.New(slog.DiscardHandler))
	_, rules := openRules(c, slog.New(slog.DiscardHandler))
	entries, base := readFAQ(c.replyFile(c.Reply.FAQ, "faq.json"))
	if base == nil {
		_, base = newSet(entries)
	}
	return errors.Join(words, rules, base)
}

func openWords(c Config, log *slog.Logger) (*hotfile.File[*safety.Words], error) {
	return hotfile.Open("reply.words", c.replyFile(c.Reply.Words, "reply-words.txt"), safety.ParseWords, log)
}

func openRules(c Config, log *slog.Logger) (*hotfile.File[*dialogue.Rules], error) {
	return hotfile.Open("reply.rules", c.replyFile(c.Reply.Rules, "reply-rules.json"), dialogue.ParseRules, log)
}

// replyFile is a file of the reply service: as configured, or in the data
// directory.
func (c Config) replyFile(configured, name string) string {
	if configured != "" {
		return configured
	}
	return filepath.Join(c.DataDir, name)
}

func newSet(base []faq.Entry) (*knowledge.Set, error) {
	set, err := knowledge.NewSet(base)
	if err != nil {
		return nil, fmt.Errorf("reply.faq: %w", err)
	}
	return set, nil
}

// readFAQ reads a file of entries; nil: there is none.
func readFAQ(path string) ([]faq.Entry, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reply.faq: %w", err)
	}
	defer f.Close()
	entries, err := knowledge.ReadJSON(f)
	if err != nil {
		return nil, fmt.Errorf("reply.faq %s: %w", path, err)
	}
	return entries, nil
}
