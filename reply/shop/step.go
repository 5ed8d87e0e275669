package shop

import (
	"context"
	"strings"
	"time"

	"askbuy/reply/turn"
)

// Step answers what a shop alone can say: where an order is, what an item
// costs, whether there is any left. It leaves to the next step what it cannot
// say now.
type Step struct{ Provider Provider }

// Answer says it. The confidence is that of the question's topic.
func (s Step) Answer(ctx context.Context, t *turn.Turn) (turn.Reply, bool) {
	text := s.say(ctx, t)
	if text == "" {
		return turn.Reply{}, false
	}
	sure := t.Intent.IntentConfidence
	return turn.Reply{Text: text, Route: turn.RouteRule, Confidence: &sure}, true
}

// Concerns says whether a question is one that a shop can answer: about a
// thing that it names.
func Concerns(t *turn.Turn) bool {
	switch t.Intent.Intent {
	case "logistics":
		return named(t, "order_id") != ""
	case "price_query", "stock_query", "restock_query", "product_query":
		return named(t, "sku") != ""
	}
	return false
}

func (s Step) say(ctx context.Context, t *turn.Turn) string {
	switch t.Intent.Intent {
	case "logistics":
		return s.order(ctx, t)
	case "price_query", "stock_query", "restock_query", "product_query":
		return s.item(ctx, t)
	}
	return ""
}

func (s Step) order(ctx context.Context, t *turn.Turn) string {
	id := named(t, "order_id")
	if id == "" {
		return ""
	}
	o, err := s.Provider.Order(ctx, t.Shopper, id)
	if err != nil {
		return ""
	}
	return o.Say(t.Language)
}

func (s Step) item(ctx context.Context, t *turn.Turn) string {
	sku := named(t, "sku")
	if sku == "" {
		return ""
	}
	i, err := s.Provider.Item(ctx, t.ShopID, sku)
	if err != nil {
		return ""
	}
	switch t.Intent.Intent {
	case "price_query":
		return i.SayPrice(t.Language)
	case "product_query":
		between := ""
		if t.Language == "en" {
			between = " "
		}
		return strings.TrimSpace(i.SayPrice(t.Language) + between + i.SayStock(t.Language))
	}
	return i.SayStock(t.Language)
}

// named is what the text names of a kind, or what the conversation has named
// before.
func named(t *turn.Turn, kind string) string {
	for _, e := range t.Intent.Entities {
		if e.Type == kind {
			return e.Text
		}
	}
	return t.Slots[kind]
}

// Offers are the promotions that run at a moment, in a language; none when the
// shop cannot say.
func Offers(ctx context.Context, p Provider, shop, language string, at time.Time) []string {
	all, err := p.Promotions(ctx, shop)
	if err != nil {
		return nil
	}
	var running []string
	for _, one := range all {
		if text := one.In(language); text != "" && one.runs(at) {
			running = append(running, text)
		}
	}
	return running
}

// Facts are what a language model may say of a turn: the order or the item that
// it names, and the offers that run. Own says that some are this shopper's
// alone.
func Facts(ctx context.Context, p Provider, t *turn.Turn) (facts []string, own bool) {
	if id := named(t, "order_id"); id != "" {
		if o, err := p.Order(ctx, t.Shopper, id); err == nil {
			facts, own = append(facts, o.Say(t.Language)), true
		}
	}
	if sku := named(t, "sku"); sku != "" {
		if i, err := p.Item(ctx, t.ShopID, sku); err == nil {
			for _, text := range []string{i.SayPrice(t.Language), i.SayStock(t.Language)} {
				if text != "" {
					facts = append(facts, text)
				}
			}
		}
	}
	return append(facts, Offers(ctx, p, t.ShopID, t.Language, time.UnixMilli(t.At))...), own
}
