// Package faq finds the entry of a shop's FAQ that is nearest to a shopper's
// question: TF-IDF over characters in ones, twos and threes and Latin words
// (those of models/intent), compared by cosine. It needs no training, so a new
// shop can answer from its first day on.
//
// An index is a function of its entries alone and answers alike on every
// machine. It reads no clock and keeps nothing of what it was asked.
package faq

import (
	"math"
	"slices"
	"sync"

	"askbuy/models/intent"
)

// Confident is the least score of a match that may be answered with. Below it
// the question is asked back or handed on.
const Confident = 0.7

// Entry is one answer and the questions that it answers.
type Entry struct {
	ID        string   `json:"id"`
	Questions []string `json:"questions"` // in as many wordings as are known
	Answer    string   `json:"answer"`
	Language  string   `json:"lang"` // zh, en or "" for any
}

// Match is an entry that was found.
type Match struct {
	Entry    *Entry  // shared: do not write to it
	Question string  // the entry's wording that is nearest
	Score    float64 // cosine, 0 to 1, rounded to 6 decimals
}

// Confident reports whether the match may be answered with.
func (m Match) Confident() bool { return m.Score >= Confident }

// Index answers questions from a set of entries. It is immutable and safe for
// concurrent use.
type Index struct {
	entries   []Entry
	questions []question
	terms     map[uint32]term
	postings  []posting
	scratches sync.Pool
}

// question is one wording, by its place in the index.
type question struct{ entry, wording int32 }

// term is an n-gram: where its postings are, and how much it tells.
type term struct {
	from, to int32
	idf      float64
}

// posting is a question that has a term, and the term's share of its vector,
// whose length is 1.
type posting struct {
	question int32
	weight   float64
}

// scratch is what one look-up needs and the next may have.
type scratch struct {
	features []uint32
	counted  []counted
	scores   []float64 // by question
	touched  []int32   // questions with a score
	top      []int32   // questions, the nearest first, one an entry
}

// Nearest is the k entries nearest to a text, the nearest first; equally near
// ones are in the order of their ids. Entries that share nothing with the text
// are left out, so there may be fewer. It allocates the result alone.
func (x *Index) Nearest(text string, k int) []Match {
	if k <= 0 {
		return nil
	}
	s := x.scratches.Get().(*scratch)
	defer x.scratches.Put(s)
	top := s.nearest(x, x.score(s, text), k)
	out := make([]Match, len(top))
	for i, q := range top {
		at := x.questions[q]
		e := &x.entries[at.entry]
		out[i] = Match{Entry: e, Question: e.Questions[at.wording], Score: s.scores[q]}
	}
	for _, q := range s.touched {
		s.scores[q] = 0
	}
	return out
}

// nearest are the k questions nearest to the text, one an entry; their scores are
// brought to cosines by the text's length. Most have too little to be asked about.
func (s *scratch) nearest(x *Index, length float64, k int) []int32 {
	s.top = s.top[:0]
	least := 0.0 // sums below it are not among the nearest
	for _, q := range s.touched {
		if s.scores[q] < least {
			continue
		}
		s.scores[q] = min(math.RoundToEven(s.scores[q]/length*1e6)/1e6, 1)
		s.offer(x, q, k)
		if len(s.top) == k {
			least = (s.scores[s.top[k-1]] - rounding) * length
		}
	}
	return s.top
}

// rounding is more than a cosine is rounded by.
const rounding = 1e-6

// offer puts a question among the k nearest if it is, in the place of a farther
// one of its entry.
func (s *scratch) offer(x *Index, q int32, k int) {
	entry := x.questions[q].entry
	if at := slices.IndexFunc(s.top, func(other int32) bool { return x.questions[other].entry == entry }); at >= 0 {
		if s.nearer(s.top[at], q) {
			return
		}
		s.top = slices.Delete(s.top, at, at+1)
	}
	at := len(s.top)
	for at > 0 && s.nearer(q, s.top[at-1]) {
		at--
	}
	if at < k {
		s.top = slices.Insert(s.top[:min(len(s.top), k-1)], at, q)
	}
}

// nearer is the order of questions; those of an entry lie together, and entries
// in the order of their ids.
func (s *scratch) nearer(a, b int32) bool {
	return s.scores[a] > s.scores[b] || s.scores[a] == s.scores[b] && a < b
}

// score sums for every question that shares a term with the text what they
// share, and returns the text's length: the sum divided by it is the cosine. What
// no question has makes the text longer and so less near.
func (x *Index) score(s *scratch, text string) (length float64) {
	s.features = intent.Features(s.features[:0], text)
	s.counted = count(s.counted[:0], s.features)
	s.touched = s.touched[:0]
	var square float64
	for _, c := range s.counted {
		t, known := x.terms[c.feature]
		if !known {
			t.idf = 1 // as of what every question has: it tells none from another
		}
		w := weight(c.times, t.idf)
		square += float64(w * w)
		for _, p := range x.postings[t.from:t.to] {
			if s.scores[p.question] == 0 {
				s.touched = append(s.touched, p.question)
			}
			s.scores[p.question] += float64(w * p.weight)
		}
	}
	return math.Sqrt(square)
}

// counted is a feature and how often it occurs.
type counted struct {
	feature uint32
	times   int
}

// count appends the distinct features to dst, in their order, so that sums
// over them are always taken alike. It sorts features.
func count(dst []counted, features []uint32) []counted {
	slices.Sort(features)
	for i, f := range features {
		if i > 0 && features[i-1] == f {
			dst[len(dst)-1].times++
			continue
		}
		dst = append(dst, counted{f, 1})
	}
	return dst
}

// weight is a term's part in a vector before it is brought to length 1.
func weight(times int, idf float64) float64 {
	if times == 1 { // nearly always, and the logarithm is 0
		return idf
	}
	return (1 + math.Log(float64(times))) * idf
}
