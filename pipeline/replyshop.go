package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"askbuy/reply"
	"askbuy/reply/hotfile"
	"askbuy/reply/shop"
	"askbuy/reply/turn"
)

// ReplyShop is what knows orders, prices, stock and promotions: a server of the
// shop, or a file.
type ReplyShop struct {
	URL  string `koanf:"url"`  // "": the file
	Key  string `koanf:"key"`  // Bearer token for it
	File string `koanf:"file"` // need not exist
}

const (
	// shopBudget is what a server of the shop may take of a turn's time.
	shopBudget = 300 * time.Millisecond
	// offersBudget is the same for offers, which are mentioned in passing.
	offersBudget = 50 * time.Millisecond
)

func (s ReplyShop) check() error {
	if s.URL == "" {
		return nil
	}
	if _, err := shop.NewRemote(s.URL, s.Key); err != nil {
		return fmt.Errorf("reply.shop.url: %w", err)
	}
	return nil
}

// openShop is what knows, and what keeps it fresh.
func openShop(w wiring) (shop.Provider, []part, error) {
	c := w.config.Reply.Shop
	if c.URL != "" {
		remote, err := shop.NewRemote(c.URL, c.Key)
		return remote, nil, err
	}
	path := c.File
	if path == "" {
		path = filepath.Join(w.config.DataDir, "shop.json")
	}
	file, err := hotfile.Open("reply.shop.file", path, shop.ParseCatalogue, w.log)
	if err != nil {
		return nil, nil, err
	}
	return shop.File{Catalogue: file.Get}, []part{{"shop's file", file.Run}}, nil
}

// rung is the shop as a step of the ladder. Only a server is waited for.
func (s ReplyShop) rung(known shop.Provider) reply.Rung {
	r := reply.Rung{Step: shop.Step{Provider: known}, Only: shop.Concerns}
	if s.URL != "" {
		r.Budget = shopBudget
	}
	return r
}

// offers are those that run in a turn's shop.
func offers(known shop.Provider) func(*turn.Turn) []string {
	return func(t *turn.Turn) []string {
		ctx, cancel := turn.Patience(context.Background(), offersBudget)
		defer cancel()
		return shop.Offers(ctx, known, t.ShopID, t.Language, time.UnixMilli(t.At))
	}
}
