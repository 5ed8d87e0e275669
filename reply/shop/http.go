package shop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/maypok86/otter/v2"

	"askbuy/schemas/event"
)

// Remote is a provider that asks a server of the shop:
//
//	GET <base>/orders/<order_id>?shop_id=&user_id=
//	GET <base>/items/<sku>?shop_id=
//	GET <base>/promotions?shop_id=
//
// with the key as a Bearer token. It answers the JSON of Order, Item and a list
// of Promotion, or 404. Promotions are kept for a minute.
type Remote struct {
	base       *url.URL
	key        string
	client     *http.Client
	promotions *otter.Cache[string, []Promotion]
}

const (
	maxAnswer        = 64 << 10 // bytes
	promotionsKept   = time.Minute
	shopsWithOffers  = 10_000
	idleConnsToAsk   = 32
	longestToConnect = time.Second
)

// NewRemote makes a provider of an address.
func NewRemote(base, key string) (*Remote, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q: want an address like https://shop.example.com/askbuy", base)
	}
	kept, err := otter.New(&otter.Options[string, []Promotion]{
		MaximumSize: shopsWithOffers, ExpiryCalculator: otter.ExpiryWriting[string, []Promotion](promotionsKept),
	})
	if err != nil {
		return nil, fmt.Errorf("make memory of promotions: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.TLSHandshakeTimeout = idleConnsToAsk, longestToConnect
	return &Remote{base: u, key: key, promotions: kept, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the key goes nowhere else
	}}, nil
}

// Order is of Provider.
func (r *Remote) Order(ctx context.Context, s event.Shopper, id string) (o Order, err error) {
	if err = r.get(ctx, &o, url.Values{"shop_id": {s.ShopID}, "user_id": {s.UserID}}, "orders", id); err == nil {
		err = o.check()
	}
	if err == nil && (o.ID != id || o.UserID != s.UserID) {
		err = ErrUnknown // another's is not told, whatever the server thinks
	}
	return o, err
}

// Item is of Provider.
func (r *Remote) Item(ctx context.Context, shop, sku string) (i Item, err error) {
	if err = r.get(ctx, &i, url.Values{"shop_id": {shop}}, "items", sku); err == nil {
		err = i.check()
	}
	if err == nil && i.SKU != sku {
		err = ErrUnknown
	}
	return i, err
}

// Promotions is of Provider.
func (r *Remote) Promotions(ctx context.Context, shop string) ([]Promotion, error) {
	return r.promotions.Get(ctx, shop, otter.LoaderFunc[string, []Promotion](func(ctx context.Context, shop string) (list []Promotion, err error) {
		err = r.get(ctx, &list, url.Values{"shop_id": {shop}}, "promotions")
		if errors.Is(err, ErrUnknown) {
			return nil, nil
		}
		return list, err
	}))
}

func (r *Remote) get(ctx context.Context, into any, query url.Values, path ...string) error {
	for i := range path {
		path[i] = url.PathEscape(path[i])
	}
	at := *r.base
	at.RawQuery = query.Encode()
	whole := strings.TrimSuffix(at.EscapedPath(), "/") + "/" + strings.Join(path, "/")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.Scheme+"://"+at.Host+whole+"?"+at.RawQuery, nil)
	if err != nil {
		return fmt.Errorf("ask the shop: %w", err)
	}
	if r.key != "" {
		request.Header.Set("Authorization", "Bearer "+r.key)
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask the shop: %w", err)
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return ErrUnknown
	default:
		return fmt.Errorf("ask the shop: it answers %s", answer.Status)
	}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err == nil && len(raw) > maxAnswer {
		err = fmt.Errorf("more than %d bytes", maxAnswer)
	}
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return fmt.Errorf("read the shop's answer: %w", err)
	}
	return nil
}
