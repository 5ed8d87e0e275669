package faq

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"askbuy/models/intent"
)

// Limits of an index, so that a look-up's time is bounded.
const (
	MaxEntries   = 10_000
	MaxQuestions = 64 // of one entry
)

// New builds an index. It reports every entry that it cannot take; without
// entries it finds nothing.
func New(entries []Entry) (*Index, error) {
	x := &Index{entries: make([]Entry, len(entries)), terms: map[uint32]term{}}
	for i, e := range entries {
		e.Questions = slices.Clone(e.Questions)
		x.entries[i] = e
	}
	slices.SortFunc(x.entries, func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
	if err := x.validate(); err != nil {
		return nil, fmt.Errorf("build faq index: %w", err)
	}
	x.index(x.vectors())
	x.scratches.New = func() any {
		return &scratch{scores: make([]float64, len(x.questions))}
	}
	return x, nil
}

func (x *Index) validate() error {
	var problems []error
	if n := len(x.entries); n > MaxEntries {
		problems = append(problems, fmt.Errorf("%d entries, at most %d are taken", n, MaxEntries))
	}
	for i, e := range x.entries {
		wrong := func(rule string) { problems = append(problems, fmt.Errorf("entry %q: %s", e.ID, rule)) }
		if e.ID == "" || i > 0 && e.ID == x.entries[i-1].ID {
			wrong("its id is empty or another entry's, too: give it one of its own")
		}
		if n := len(e.Questions); n == 0 || n > MaxQuestions {
			wrong(fmt.Sprintf("it has %d questions, must have 1 to %d", n, MaxQuestions))
		}
		for _, q := range e.Questions {
			if len(intent.Features(nil, q)) == 0 {
				wrong(fmt.Sprintf("question %q has no letters", q))
			}
		}
		if e.Answer == "" {
			wrong("it has no answer")
		}
		if !slices.Contains([]string{"", "zh", "en"}, e.Language) {
			wrong(fmt.Sprintf("lang is %q, must be zh, en or left out", e.Language))
		}
	}
	return errors.Join(problems...)
}

// vectors are the questions' features, and the terms' idf.
func (x *Index) vectors() [][]counted {
	var all [][]counted
	with := map[uint32]int{} // questions that have a feature
	for i, e := range x.entries {
		for j, q := range e.Questions {
			vector := count(nil, intent.Features(nil, q))
			for _, c := range vector {
				with[c.feature]++
			}
			all = append(all, vector)
			x.questions = append(x.questions, question{int32(i), int32(j)})
		}
	}
	for f, n := range with {
		x.terms[f] = term{idf: idf(len(all), n)}
	}
	return all
}

// idf is the smoothed inverse document frequency, ln((1+N)/(1+n)) + 1.
func idf(questions, with int) float64 {
	return math.Log(float64(1+questions)/float64(1+with)) + 1
}

// index lays the vectors out by term.
func (x *Index) index(vectors [][]counted) {
	byTerm := map[uint32][]posting{}
	for q, vector := range vectors {
		var square float64
		for _, c := range vector {
			w := weight(c.times, x.terms[c.feature].idf)
			square += float64(w * w)
		}
		length := math.Sqrt(square)
		for _, c := range vector {
			byTerm[c.feature] = append(byTerm[c.feature], posting{int32(q), weight(c.times, x.terms[c.feature].idf) / length})
		}
	}
	for f, postings := range byTerm {
		t := x.terms[f]
		t.from = int32(len(x.postings))
		x.postings = append(x.postings, postings...)
		t.to = int32(len(x.postings))
		x.terms[f] = t
	}
}
