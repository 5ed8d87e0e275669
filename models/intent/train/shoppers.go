package train

import (
	"fmt"
	"math"
)

// The kinds of shoppers that the conversations come from: those with a matter
// of service, idle ones, window-shoppers who talk of buying, those who
// consider, and those who are ready.
const (
	service = iota
	idle
	window
	consider
	ready
	kinds
)

// What is known of the kinds: how many there are, how many of them order
// after all, how likely they say one more thing.
var (
	kindShare  = [kinds]float64{.24, .30, .10, .22, .14}
	kindOrders = [kinds]float64{.012, .03, .05, .20, .62}
	kindStays  = [kinds]float64{.75, .55, .80, .72, .74}
)

const (
	repeatTopic = .15 // chance that the next message is of the same topic
	settled     = 5   // after so many messages a kind speaks as at its end
	longest     = 30  // messages of a conversation
)

// manner is how often the kinds speak of a topic, as relative weights: at the
// beginning of a conversation and at its end. In order: service, idle,
// window, consider, ready.
type manner struct {
	topic       string
	early, late [kinds]float64
}

// manners are judgements, not measurements: what a shop's staff would say.
// Who says that it is bought has bought, or says so idly: neither will order
// now.
var manners = []manner{
	{"greeting", [kinds]float64{10, 14, 8, 9, 7}, [kinds]float64{2, 2, 2, 2, 2}},
	{"small_talk", [kinds]float64{8, 8, 6, 6, 5}, [kinds]float64{22, 20, 14, 14, 14}},
	{"product_query", [kinds]float64{1, 18, 8, 19, 10}, [kinds]float64{1, 8, 4, 11, 4}},
	{"recommendation", [kinds]float64{.3, 6, 3, 6, 2}, [kinds]float64{.3, 3, 2, 3, .7}},
	{"size_query", [kinds]float64{1, 3, 4, 8, 10}, [kinds]float64{1, 2, 3, 8, 7}},
	{"option_change", [kinds]float64{1, 2, 2, 4, 4}, [kinds]float64{1, 1, 2, 4, 4}},
	{"stock_query", [kinds]float64{.5, 4, 5, 8, 13}, [kinds]float64{.3, 2, 4, 8, 8}},
	{"restock_query", [kinds]float64{.5, 3, 1, 2, .5}, [kinds]float64{.3, 3, 1, 2, .3}},
	{"price_query", [kinds]float64{1, 16, 18, 10, 8}, [kinds]float64{1, 10, 10, 7, 3}},
	{"bargain", [kinds]float64{.2, 6, 20, 8, 6}, [kinds]float64{.2, 5, 20, 9, 4}},
	{"coupon_query", [kinds]float64{1, 6, 12, 8, 10}, [kinds]float64{.5, 4, 8, 7, 7}},
	{"bulk_purchase", [kinds]float64{.1, 1, 1, .7, 1}, [kinds]float64{.1, .5, .5, .5, .5}},
	{"shipping_query", [kinds]float64{1, 5, 4, 10, 15}, [kinds]float64{1, 3, 3, 10, 14}},
	{"return_policy", [kinds]float64{4, 4, 2, 6, 5}, [kinds]float64{3, 3, 2, 5, 5}},
	{"checkout_help", [kinds]float64{.7, .8, 2, 2, 9}, [kinds]float64{.4, .6, 3, 4, 17}},
	{"purchase_commit", [kinds]float64{.3, .5, 4, 1.5, 7}, [kinds]float64{.3, .5, 8, 5, 22}},
	{"purchase_claim", [kinds]float64{9, 1, 4, .5, .3}, [kinds]float64{7, 1, 10, .8, .7}},
	{"hesitation", [kinds]float64{.2, 10, 7, 4, 1}, [kinds]float64{.2, 25, 12, 9, 1}},
	{"rejection", [kinds]float64{.8, 2, 1, 1, .3}, [kinds]float64{1.5, 10, 6, 3, .5}},
	{"logistics", [kinds]float64{28, .7, .4, .4, .3}, [kinds]float64{22, .7, .7, .4, .4}},
	{"order_change", [kinds]float64{9, .3, .3, .3, .5}, [kinds]float64{8, .3, .5, .3, .7}},
	{"return_refund", [kinds]float64{14, .3, .3, .3, .2}, [kinds]float64{16, .3, .4, .3, .3}},
	{"quality_issue", [kinds]float64{10, .3, .2, .2, .1}, [kinds]float64{9, .3, .3, .2, .1}},
	{"invoice", [kinds]float64{5, .4, .3, 1, 1.2}, [kinds]float64{4, .3, .3, .8, 1.2}},
	{"fault_report", [kinds]float64{3, 1.5, .8, 1, 1.2}, [kinds]float64{2, 1, .7, .8, 1}},
	{"account_help", [kinds]float64{3, 1.5, .5, .4, .3}, [kinds]float64{2, 1, .3, .3, .2}},
	{"human_agent", [kinds]float64{4, 1.2, .6, .7, .6}, [kinds]float64{6, 1.5, .8, .7, .6}},
	{"complaint", [kinds]float64{6, .3, .3, .1, .1}, [kinds]float64{11, .5, .8, .2, .1}},
	{"spam", [kinds]float64{1, 4, .3, .1, .05}, [kinds]float64{.5, 2, .3, .1, .05}},
	{"other", [kinds]float64{.5, 1, .2, .1, .1}, [kinds]float64{.5, 1, .2, .1, .1}},
}

// habits are the manners as probabilities: [kind][topic].
type habits struct{ early, late [kinds][]float64 }

// newHabits lays the manners out for these topics, which must be the same.
func newHabits(topics []string) (*habits, error) {
	byTopic := map[string]manner{}
	for _, m := range manners {
		byTopic[m.topic] = m
	}
	if len(byTopic) != len(topics) {
		return nil, fmt.Errorf("lay out habits: %d manners for %d topics", len(byTopic), len(topics))
	}
	var h habits
	for k := range kinds {
		for _, topic := range topics {
			m, ok := byTopic[topic]
			if !ok {
				return nil, fmt.Errorf("lay out habits: no manner for topic %q", topic)
			}
			h.early[k] = append(h.early[k], m.early[k])
			h.late[k] = append(h.late[k], m.late[k])
		}
		normalise(h.early[k])
		normalise(h.late[k])
	}
	return &h, nil
}

// says is the probability that kind k speaks of topic in message t (from 0),
// after a message of topic before.
func (h *habits) says(k, t, before, topic int) float64 {
	late := math.Min(1, float64(t)/settled)
	p := (1-late)*h.early[k][topic] + late*h.late[k][topic]
	if t == 0 {
		return p
	}
	p *= 1 - repeatTopic
	if before == topic {
		p += repeatTopic
	}
	return p
}

func normalise(p []float64) {
	var sum float64
	for _, x := range p {
		sum += x
	}
	for i := range p {
		p[i] /= sum
	}
}
