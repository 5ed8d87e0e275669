package knowledge

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"askbuy/models/faq"
)

// Asked is one wording that nobody answered.
type Asked struct {
	ShopID   string
	Text     string // masked
	Language string
	Count    uint64
	First    int64 // ms
	Last     int64
}

// Question is one that waits for an answer: a wording, and others like it.
type Question struct {
	ID       string   `json:"id"`
	ShopID   string   `json:"shop_id"`
	State    string   `json:"state"`
	Text     string   `json:"text"` // the wording that came first
	Wordings []string `json:"wordings"`
	Language string   `json:"lang"`
	Asked    uint64   `json:"asked"` // how often, in all wordings
	First    int64    `json:"first_at_ms"`
	Last     int64    `json:"last_at_ms"`
	Nearest  *Near    `json:"nearest"` // of the FAQ; null when nothing is near

	like     faq.Text
	rejected bool
}

// Near is the entry of the FAQ that is nearest to a question.
type Near struct {
	EntryID  string  `json:"entry_id"`
	Question string  `json:"question"`
	Answer   string  `json:"answer"`
	Score    float64 `json:"score"`
}

const (
	// alike is from which similarity on two wordings are one question.
	alike = 0.6
	// maxWordings is how many of a question are shown, and approved.
	maxWordings = 16
)

// Cluster puts the wordings of one shop together that are alike, those asked
// most often first. A wording belongs to the first question that it is like,
// in the order in which they came up: so a question keeps its id when others
// come after it. What the FAQ answers by now is left out, and a question of
// which a wording was rejected.
func Cluster(asked []Asked, shop *Shop, rejected []Record) []Question {
	asked = slices.Clone(asked)
	slices.SortFunc(asked, func(a, b Asked) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Text, b.Text))
	})
	refused := map[string]bool{}
	for _, r := range rejected {
		for _, hash := range r.Hashes {
			refused[hash] = true
		}
	}
	questions := []Question{}
	for _, a := range asked {
		like := faq.NewText(a.Text)
		is := func(other faq.Text) bool { return like.Similarity(other) >= alike }
		if like.Similarity(like) == 0 || answers(shop, a) {
			continue
		}
		at := slices.IndexFunc(questions, func(q Question) bool { return is(q.like) })
		if at < 0 {
			at = len(questions)
			questions = append(questions, Question{ID: questionID(a.ShopID, a.Text), ShopID: a.ShopID, State: "pending", Text: a.Text, Language: a.Language, First: a.First, Nearest: nearest(shop, a.Text), like: like})
		}
		questions[at].add(a)
		questions[at].rejected = questions[at].rejected || refused[hashOf(a.Text)]
	}
	questions = slices.DeleteFunc(questions, func(q Question) bool { return q.rejected })
	slices.SortStableFunc(questions, func(a, b Question) int { return cmp.Compare(b.Asked, a.Asked) })
	return questions
}

func (q *Question) add(a Asked) {
	q.Asked += a.Count
	q.Last = max(q.Last, a.Last)
	if len(q.Wordings) < maxWordings {
		q.Wordings = append(q.Wordings, a.Text)
	}
}

// answers reports whether the FAQ answers a wording by now.
func answers(shop *Shop, a Asked) bool {
	return slices.ContainsFunc(shop.index.Nearest(a.Text, 5), func(m faq.Match) bool {
		return m.Confident() && (m.Entry.Language == "" || a.Language == "" || m.Entry.Language == a.Language)
	})
}

func nearest(shop *Shop, text string) *Near {
	found := shop.index.Nearest(text, 1)
	if len(found) == 0 {
		return nil
	}
	return &Near{found[0].Entry.ID, found[0].Question, found[0].Entry.Answer, found[0].Score}
}

// questionID names a question by its shop and its first wording, so that it
// says which shop it is of.
func questionID(shop, text string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(shop)) + "." + hashOf(text)
}

// hashOf names a wording without its words.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(text), " ")))
	return hex.EncodeToString(sum[:8])
}

// shopOf is the shop that a question's id names.
func shopOf(id string) (string, bool) {
	shop, _, ok := strings.Cut(id, ".")
	raw, err := base64.RawURLEncoding.DecodeString(shop)
	return string(raw), ok && err == nil && len(raw) > 0
}
