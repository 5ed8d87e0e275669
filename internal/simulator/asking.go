package simulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"askbuy/schemas/event"
)

// Asking are shoppers who ask a shop's bot one question and order, or do not,
// by what it answers. Each of them would order if helped, or helped or not, or
// in no case: that is drawn from the seed before anything is asked, so the
// effect of helping them is known exactly.
type Asking struct {
	Seed     uint64
	Shop     string
	Shoppers int
	Question string
	Helps    func(reply string) bool // whether an answer is what they wanted to know
	Alone    float64                 // probability of an order by who is not helped
	Helped   float64                 // by who is; at least Alone
	Now      func() time.Time
}

// Asker is what became of one of them.
type Asker struct {
	User, Conv              string
	WouldAlone, WouldHelped bool // order
	Helped, Ordered         bool
}

// askedAtOnce is how many shoppers ask at a time.
const askedAtOnce = 16

// Play has all of them ask POST /chat at url, and posts their orders to
// /v1/events with the API key.
func (a Asking) Play(ctx context.Context, client *http.Client, url, key string) ([]Asker, error) {
	askers := make([]Asker, a.Shoppers)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(askedAtOnce)
	for n := range askers {
		group.Go(func() (err error) {
			if askers[n], err = a.one(ctx, client, url, key, "asker-"+strconv.Itoa(n)); err != nil {
				return fmt.Errorf("shopper %d: %w", n, err)
			}
			return nil
		})
	}
	return askers, group.Wait()
}

func (a Asking) one(ctx context.Context, client *http.Client, url, key, user string) (Asker, error) {
	drawn := newStream(a.Seed, "asking", user).Float64()
	s := Asker{User: user, WouldAlone: drawn < a.Alone, WouldHelped: drawn < a.Helped}
	question, err := json.Marshal(map[string]string{"query": a.Question})
	if err != nil {
		return s, err
	}
	answer, header, err := post(ctx, client, url+"/chat", question, "X-WeChat-AppID", "simulator", "X-User-ID", user)
	if err != nil {
		return s, err
	}
	var said struct {
		Reply string `json:"reply"`
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return s, fmt.Errorf("read answer: %w", err)
	}
	s.Conv, s.Helped = header.Get("X-Conv-ID"), a.Helps(said.Reply)
	if s.Ordered = s.WouldAlone || s.Helped && s.WouldHelped; !s.Ordered {
		return s, nil
	}
	amount := event.Money(9900)
	order, err := event.Encode(&event.Event{
		Type: event.TypeOrder, ID: user + "-paid", ShopID: a.Shop, UserID: user, OrderID: "order-" + user, Status: event.StatusPaid,
		Amount: &amount, Currency: "CNY", ConvID: s.Conv, TS: a.Now().UnixMilli(),
	})
	if err != nil {
		return s, err
	}
	answer, _, err = post(ctx, client, url+"/v1/events", order, "Authorization", "Bearer "+key)
	if err == nil && !strings.Contains(string(answer), `"accepted":1`) {
		err = fmt.Errorf("an order is answered %s", answer)
	}
	return s, err
}

// post wants 200.
func post(ctx context.Context, client *http.Client, url string, body []byte, headers ...string) ([]byte, http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("post %s: %s %s", url, answer.Status, read)
	}
	return read, answer.Header, err
}
