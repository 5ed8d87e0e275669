package faq

import (
	"math"

	"askbuy/models/intent"
)

// Text is a text laid out to be compared with others. It is immutable.
type Text struct {
	counted []counted
	length  float64
}

// NewText lays a text out.
func NewText(text string) Text {
	t := Text{counted: count(nil, intent.Features(nil, text))}
	var square float64
	for _, c := range t.counted {
		w := weight(c.times, 1)
		square += float64(w * w)
	}
	t.length = math.Sqrt(square)
	return t
}

// Similarity is the cosine of two texts, 0 to 1, rounded to 6 decimals. Unlike
// an index's scores it weighs all terms alike, so that it depends on the two
// texts and nothing else. A text without letters is like none.
func (t Text) Similarity(other Text) float64 {
	if t.length == 0 || other.length == 0 {
		return 0
	}
	var sum float64
	for i, j := 0, 0; i < len(t.counted) && j < len(other.counted); {
		a, b := t.counted[i], other.counted[j]
		switch {
		case a.feature < b.feature:
			i++
		case a.feature > b.feature:
			j++
		default:
			sum += float64(weight(a.times, 1) * weight(b.times, 1))
			i, j = i+1, j+1
		}
	}
	return min(math.RoundToEven(sum/(t.length*other.length)*1e6)/1e6, 1)
}
