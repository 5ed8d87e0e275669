package scorers

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"github.com/go-json-experiment/json"

	"askbuy/schemas/event"
)

// wireVersion is that of the requests.
const wireVersion = 1

// Bounds of an answer.
const (
	answerBytes = 4 << 10 // and as much for each message
	labelBytes  = 64
)

type wireRequest struct {
	Version  int           `json:"version"`
	Messages []wireMessage `json:"messages"`
}

type wireMessage struct {
	ID     string `json:"id"` // opaque, of this request
	ShopID string `json:"shop_id"`
	Text   string `json:"text"` // masked
}

type wireAnswer struct {
	Scores []wireScore `json:"scores"`
}

type wireScore struct {
	ID    string   `json:"id"`
	Score *float64 `json:"score"` // 0 to 1
	Label string   `json:"label"`
}

// question is a message on its way.
type question struct {
	id      string
	text    string
	opinion event.SecondOpinion
}

func newQuestion(e *event.Event, v *event.Envelope) *question {
	return &question{
		id: hex.EncodeToString(v.Identity[:]), text: e.Text,
		opinion: event.SecondOpinion{ShopID: e.ShopID, UserID: e.UserID, EventID: e.ID, ConvID: e.ConvID, TS: e.TS},
	}
}

// encode is the request for a batch, in which copies of one message are one.
func encode(batch []*question) ([]byte, error) {
	r := wireRequest{Version: wireVersion}
	for _, q := range unique(batch) {
		r.Messages = append(r.Messages, wireMessage{q.id, q.opinion.ShopID, q.text})
	}
	return json.Marshal(r)
}

func unique(batch []*question) []*question {
	var list []*question
	seen := map[string]bool{}
	for _, q := range batch {
		if !seen[q.id] {
			list = append(list, q)
		}
		seen[q.id] = true
	}
	return list
}

var errTooMuch = errors.New("answer is larger than 4 KiB and 4 KiB a message")

// decode reads an answer: one score for each message of the batch and no other,
// in any order. Fields that it does not know it leaves alone.
func decode(body []byte, batch []*question) (map[string]wireScore, error) {
	wanted := unique(batch)
	if len(body) > answerBytes*(1+len(wanted)) {
		return nil, errTooMuch
	}
	var a wireAnswer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("decode answer: %w", err)
	}
	if len(a.Scores) != len(wanted) {
		return nil, fmt.Errorf("answer has %d scores for %d messages", len(a.Scores), len(wanted))
	}
	scores := map[string]wireScore{}
	for _, s := range a.Scores {
		switch {
		case s.Score == nil || math.IsNaN(*s.Score) || *s.Score < 0 || *s.Score > 1:
			return nil, errors.New("answer has a score that is no number from 0 to 1")
		case len(s.Label) > labelBytes:
			return nil, fmt.Errorf("answer has a label of more than %d bytes", labelBytes)
		}
		scores[s.ID] = s
	}
	for _, q := range wanted {
		if _, has := scores[q.id]; !has {
			return nil, errors.New("answer lacks the id of a message")
		}
	}
	return scores, nil
}
