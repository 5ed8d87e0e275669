package train

import (
	"math/rand/v2"
	"slices"
)

// Sentences are of every act in turn, so many rounds: what is known of the
// language before a shop's own messages. One seed says one thing.
func Sentences(seed uint64, rounds int) ([]string, error) {
	g, err := parseGrammar(grammarText())
	if err != nil {
		return nil, err
	}
	s := &speaker{grammar: g, rand: rand.New(rand.NewPCG(seed, streamLessons))}
	var out []string
	for range rounds {
		for _, topic := range s.rand.Perm(len(g.topics)) {
			out = append(out, s.say(topic))
		}
	}
	return out, nil
}

// GoldenTexts are those that the shipped bundle is sealed with.
func GoldenTexts() ([]string, error) {
	t, g, err := newTrainer(DefaultConfig())
	if err != nil {
		return nil, err
	}
	return t.goldenTexts(g), nil
}

// Played is a conversation of the simulation, told with what only it knows.
type Played struct {
	Texts    []string
	Kind     int
	Believed [][]float64 // after each message: the probability of each kind, given the acts so far
}

// Kinds are how likely each kind of shopper is to order.
func Kinds() []float64 { return slices.Clone(kindOrders[:]) }

// Play makes n conversations in the words of the grammar.
func Play(seed uint64, n int) ([]Played, error) {
	t, g, err := newTrainer(DefaultConfig())
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, streamConversations))
	s := &speaker{grammar: g, rand: r}
	out := make([]Played, n)
	for i := range out {
		c := t.habits.plan(r)
		out[i] = Played{Kind: c.kind, Believed: c.believed}
		for _, topic := range c.topics {
			out[i].Texts = append(out[i].Texts, s.say(topic))
		}
	}
	return out, nil
}
