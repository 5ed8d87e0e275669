package event

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// read reads an event of the form that append writes: the members in their
// order, without spaces and escapes. Of any other form, however sound, it says
// false; package json reads that at several times the cost. The event's strings
// lie in one piece of memory.
func read(value []byte) (*Event, bool) {
	if !utf8.Valid(value) {
		return nil, false
	}
	r, e := reader{rest: string(value), ok: true}, &Event{}
	r.required(`{"type":`, (*string)(&e.Type))
	r.required(`,"event_id":`, &e.ID)
	r.required(`,"shop_id":`, &e.ShopID)
	r.text(`,"user_id":`, &e.UserID)
	r.text(`,"conv_id":`, &e.ConvID)
	r.whole(`,"ts":`, &e.TS)
	r.flag(`,"test":`, &e.Test)
	r.text(`,"from":`, (*string)(&e.From))
	r.text(`,"text":`, &e.Text)
	r.text(`,"channel":`, &e.Channel)
	r.text(`,"bot_id":`, &e.BotID)
	r.text(`,"name":`, &e.Name)
	r.text(`,"item_id":`, &e.ItemID)
	r.text(`,"page_id":`, &e.PageID)
	r.text(`,"category":`, &e.Category)
	r.text(`,"experiment":`, &e.Experiment)
	r.text(`,"variant":`, &e.Variant)
	if r.has(`,"reply":`) {
		e.Reply = r.reply()
	}
	return e, r.ok && r.rest == "}"
}

// reader reads members whose name it is given with all that stands around it.
type reader struct {
	rest string
	ok   bool // nothing was of another form so far
}

func (r *reader) has(name string) (is bool) {
	r.rest, is = strings.CutPrefix(r.rest, name)
	return is
}

func (r *reader) reply() *Reply {
	p := &Reply{}
	r.required(`{"question_event_id":`, &p.QuestionID)
	r.required(`,"route":`, &p.Route)
	r.required(`,"intent":`, &p.Intent)
	if r.has(`,"confidence":`) {
		p.Confidence = new(float64)
		r.number(p.Confidence)
	}
	r.required(`,"language":`, &p.Language)
	r.ok = r.has(`,"latency_ms":`) && r.ok
	r.number(&p.LatencyMS)
	r.whole(`,"prompt_tokens":`, &p.PromptTokens)
	r.whole(`,"completion_tokens":`, &p.CompletionTokens)
	r.whole(`,"cost_micros":`, &p.CostMicros)
	r.text(`,"cost_currency":`, &p.Currency)
	r.text(`,"model":`, &p.Model)
	r.flag(`,"is_answered":`, &p.Answered)
	r.flag(`,"is_cached":`, &p.Cached)
	r.text(`,"dialogue":`, &p.Dialogue)
	r.ok = r.has(`}`) && r.ok
	return p
}

func (r *reader) required(name string, to *string) {
	if r.has(name) {
		*to = r.quoted()
	} else {
		r.ok = false
	}
}

func (r *reader) text(name string, to *string) {
	if r.has(name) {
		*to = r.quoted()
	}
}

// quoted is a string without escapes.
func (r *reader) quoted() string {
	if !r.has(`"`) {
		r.ok = false
		return ""
	}
	for i := range len(r.rest) {
		switch c := r.rest[i]; {
		case c == '"':
			s := r.rest[:i]
			r.rest = r.rest[i+1:]
			return s
		case c < ' ', c == '\\':
			r.ok = false
			return ""
		}
	}
	r.ok = false
	return ""
}

func (r *reader) whole(name string, to *int64) {
	if !r.has(name) {
		return
	}
	n, err := strconv.ParseInt(r.literal(), 10, 64)
	r.ok = r.ok && err == nil
	*to = n
}

func (r *reader) number(to *float64) {
	n, err := strconv.ParseFloat(r.literal(), 64)
	r.ok = r.ok && err == nil
	*to = n
}

// literal is a number of JSON without an exponent.
func (r *reader) literal() string {
	end := strings.IndexAny(r.rest, ",}")
	if end < 0 {
		r.ok = false
		return ""
	}
	s := r.rest[:end]
	r.rest = r.rest[end:]
	whole, fraction, pointed := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	r.ok = r.ok && digits(whole) && (len(whole) == 1 || whole[0] != '0') && (!pointed || digits(fraction))
	return s
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func (r *reader) flag(name string, to *bool) {
	if !r.has(name) {
		return
	}
	*to = r.has(`true`)
	r.ok = (*to || r.has(`false`)) && r.ok
}
