package intent

// Scorer says what a text tells, and by which numbers messages add up. It is
// a function of its arguments alone.
type Scorer interface {
	ID() string // of the model
	Score(text string) Scored
	Params() *Params
}

// ruled is a model with rules, which name topics that it does not know.
type ruled struct {
	*Model
	rules *Rules
}

// With is the model with rules.
func (m *Model) With(r *Rules) Scorer { return ruled{m, r} }

// Score is the model's, with the topic of the first rule that matches.
func (r ruled) Score(text string) Scored {
	s := r.Model.Score(text)
	r.rules.Apply(text, &s)
	return s
}
