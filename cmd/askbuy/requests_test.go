package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"askbuy/pipeline"
	"askbuy/schemas/event"
)

// erase has a shopper say something and be erased.
func (c *campaign) erase() {
	s := event.Shopper{ShopID: "erased", UserID: "u" + strconv.Itoa(len(c.erased))}
	c.erased = append(c.erased, s)
	say := fmt.Sprintf(`{"type":"message","event_id":"m","shop_id":%q,"user_id":%q,"conv_id":"c","from":"user","text":"我要下单","ts":1750830000000}`, s.ShopID, s.UserID)
	if status, answer := c.posts("/v1/events", say); status != http.StatusOK {
		c.t.Fatalf("the door answers %d %s", status, answer)
	}
	if status, answer := c.posts("/v1/erasures", fmt.Sprintf(`{"shop_id":%q,"user_id":%q}`, s.ShopID, s.UserID)); status != http.StatusAccepted {
		c.t.Fatalf("an erasure is answered %d %s", status, answer)
	}
}

// posts sends JSON to the door.
func (c *campaign) posts(path, body string) (int, string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.at.HTTP+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+sharedAPIKey)
	r.Header.Set("Content-Type", "application/json")
	return exchange(c.t, r)
}

// askForRepairs asks for the rows of some shoppers, or of one that never was.
func (c *campaign) askForRepairs() {
	c.t.Helper()
	config := pipeline.DefaultConfig()
	config.DataDir = c.dir
	k, err := pipeline.Broker(config)
	if err != nil {
		c.t.Fatal(err)
	}
	db := c.warehouse()
	_, _, rows, err := db.Query(c.t.Context(), "SELECT DISTINCT shop_id, user_id FROM askbuy.messages ORDER BY user_id LIMIT 20", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	shoppers := []event.Shopper{{ShopID: "nowhere", UserID: "nobody"}}
	for _, row := range rows {
		shoppers = append(shoppers, event.Shopper{ShopID: row[0].(string), UserID: row[1].(string)})
	}
	if err := pipeline.RequestRepairs(c.t.Context(), k, db, shoppers); err != nil {
		c.t.Fatal(err)
	}
}

// awaitErasures waits until every certificate is complete, and sees that
// nobody of the erased is left.
func (c *campaign) awaitErasures() {
	c.t.Helper()
	deadline, tick := time.Now().Add(patience), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for n, s := range c.erased {
		_, answer := c.posts("/v1/erasures", fmt.Sprintf(`{"shop_id":%q,"user_id":%q}`, s.ShopID, s.UserID))
		var at struct{ Certificate, Status string }
		if err := json.Unmarshal([]byte(answer), &at); err != nil {
			c.t.Fatalf("erasure: %s", answer)
		}
		for path := at.Certificate; at.Status != "done"; {
			r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.at.HTTP+path, nil)
			if err != nil {
				c.t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+sharedAPIKey)
			_, answer := exchange(c.t, r)
			if err := json.Unmarshal([]byte(answer), &at); err != nil || time.Now().After(deadline) {
				c.t.Fatalf("erasure %d is not done: %s", n, answer)
			}
			<-tick.C
		}
	}
	_, _, rows, err := c.warehouse().Query(c.t.Context(), "SELECT toString(count()) FROM bi.messages WHERE shop_id = 'erased'", nil)
	if err != nil || rows[0][0] != "0" {
		c.t.Errorf("of the erased is left: %v, %v", rows, err)
	}
}
