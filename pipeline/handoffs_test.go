package pipeline

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"askbuy/ingest/sender"
	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/reply/conversation"
	"askbuy/schemas/event"
	"askbuy/schemas/schematest"
)

// crm is a shop's receiver of handoffs, which checks signatures.
type crm struct {
	*httptest.Server
	mu    sync.Mutex
	taken map[string]string // bodies by webhook id
}

const crmSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

func newCRM(t *testing.T) *crm {
	t.Helper()
	source, err := sender.New("standard-webhooks", sender.Config{Secrets: []string{crmSecret}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	c := &crm{taken: map[string]string{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		proof, denied := source.Verify(r.Header)
		if err == nil && denied == nil {
			err = proof.Body(body)
		}
		if err != nil || denied != nil {
			t.Errorf("a package comes with a bad signature: %v, %v", err, denied)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.taken[r.Header.Get("Webhook-Id")] = string(body)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *crm) one(t *testing.T) (body string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.taken) > 1 {
		t.Errorf("%d packages", len(c.taken))
	}
	for _, body = range c.taken {
	}
	return body
}

// desk makes a request of /v1 with the installation's key.
func (i *instance) desk(t *testing.T, method, path, body string, into any) (status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, i.at.HTTP+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+i.secret(t, "api_key"))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	schematest.Described(t, method, path, answer.StatusCode, answer.Header, raw)
	if into != nil && answer.StatusCode == http.StatusOK {
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
	}
	return answer.StatusCode
}

// until waits for something.
func (i *instance) until(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !so() {
		if err := wait.For(ctx, 50*time.Millisecond); err != nil {
			t.Fatalf("wait for %s: %v", what, err)
		}
	}
}

func now() string { return strconv.FormatInt(time.Now().UnixMilli(), 10) }

// listen opens /realtime as a shopper; next is the next news.
func (i *instance) listen(t *testing.T, user string) (next func() string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.at.HTTP+"/realtime", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-WeChat-AppID", "wx1")
	r.Header.Set("X-User-ID", user)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	return func() string {
		for lines.Scan() {
			if data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); ok {
				return string(data)
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return ""
	}
}

// A shopper complains: a person is called and told, takes over, writes, and
// gives the conversation back; the bot is silent in between, and all of it is in
// the warehouse until the shopper is erased.
func TestAConversationIsHandedOver(t *testing.T) {
	receiver := newCRM(t)
	c := testConfig(t.TempDir())
	c.Reply.Handoffs = ReplyHandoffs{URL: receiver.URL, Secrets: []string{crmSecret}}
	i := start(t, c)
	const user = "erased-u1"
	next := i.listen(t, user)
	answer, body := i.chat(t, user, "我要投诉,电话13812345678")
	conv := answer.Header.Get("X-Conv-ID")
	if answer.Header.Get("X-Handoff") != "pending" || body == `{"reply":""}` {
		t.Fatalf("%d %s %v", answer.StatusCode, body, answer.Header)
	}
	type handoff struct {
		ID       string `json:"handoff_id"`
		State    string
		Reason   string
		Messages []struct{ Text string }
	}
	var list struct{ Handoffs []handoff }
	i.until(t, "the handoff", func() bool {
		return i.desk(t, "GET", "/v1/handoffs?state=pending", "", &list) == http.StatusOK && len(list.Handoffs) == 1
	})
	if h := list.Handoffs[0]; h.Reason != "complaint" && h.Reason != "anger" || len(h.Messages) == 0 || !strings.Contains(h.Messages[0].Text, "投诉") || strings.Contains(h.Messages[0].Text, "138") {
		t.Errorf("%+v", h)
	}
	id, reason := list.Handoffs[0].ID, list.Handoffs[0].Reason
	i.until(t, "the delivery", func() bool { return strings.Contains(receiver.one(t), id) })

	var taken handoff
	if status := i.desk(t, "POST", "/conversations/"+conv+"/takeover?agent=amy", "", &taken); status != http.StatusOK || taken.ID != id || taken.State != "human" {
		t.Fatalf("takeover: %d, %+v", status, taken)
	}
	answer, body = i.chat(t, user, "在吗")
	if answer.Header.Get("X-Handoff") != "human" || answer.Header.Get("X-Reply-Route") != "human" || body != `{"reply":""}` {
		t.Errorf("after the takeover: %s %v", body, answer.Header)
	}
	for range 2 { // the answer was lost
		if status := i.desk(t, "POST", "/v1/handoffs/"+id+"/messages", `{"text":"您好,我是小美","message_id":"w1"}`, nil); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	if news := next(); news != `{"type":"agent_message","conv_id":"`+conv+`","text":"您好,我是小美"}` {
		t.Errorf("the shopper hears %s", news)
	}
	i.until(t, "that the words were shown", func() bool {
		_, body = i.chat(t, user, "好的")
		return body == `{"reply":""}`
	})
	i.postEvents(t, []string{`{"type":"order","event_id":"p","shop_id":"default","user_id":"` + user + `","order_id":"own-of-` + user + `","status":"paid","amount":"9.00","ts":` + now() + `}`})
	if news := next(); news != `{"type":"order_update","orderId":"own-of-`+user+`","status":"paid"}` {
		t.Errorf("the shopper hears %s", news)
	}
	if status := i.desk(t, "POST", "/v1/handoffs/"+id+"/close", "", nil); status != http.StatusOK {
		t.Fatal(status)
	}
	i.until(t, "the bot", func() bool {
		answer, _ = i.chat(t, user, "几天到货"+now())
		return answer.Header.Get("X-Handoff") == "none"
	})
	i.drained(t)
	type row struct {
		Reason, State, Agent string
		Delivered, HandedOff uint8
		Attempts             uint64
		Said, Letters        uint64
	}
	got, err := clickhouse.One[row](t.Context(), i.db, `
		SELECT h.reason AS Reason, h.state AS State, h.agent AS Agent, h.delivered_at IS NOT NULL AS Delivered, h.attempts AS Attempts,
			(SELECT max(handed_off) FROM bi.conversations WHERE conv_id = h.conv_id) AS HandedOff,
			(SELECT count() FROM bi.messages WHERE from_role = 'agent') AS Said, (SELECT count() FROM bi.dead_letters) AS Letters
		FROM bi.handoffs AS h`, nil)
	if want := (row{reason, "closed", "amy", 1, 1, 1, 1, 0}); err != nil || got != want {
		t.Errorf("bi.handoffs has %+v, %v, want %+v", got, err, want)
	}
	i.explained(t)

	e := i.eraser(t)
	if _, err := e.Erase(t.Context(), event.Shopper{ShopID: "default", UserID: user}, time.Now()); err != nil {
		t.Fatal(err)
	}
	i.noTrace(t, user)
	i.noTrace(t, "我要投诉")
	i.until(t, "that the conversation is forgotten", func() bool {
		list.Handoffs = nil
		return i.desk(t, "GET", "/v1/handoffs", "", &list) == http.StatusOK && len(list.Handoffs) == 0
	})
	for name, value := range i.latest(t, kafka.TableTopic(i.kafka.Name(conversation.Group)).Name, i.kafka.Name(event.TopicKnowledge)) {
		if strings.Contains(name+value, user) || strings.Contains(value, "投诉") {
			t.Errorf("%s still says %s", name, value)
		}
	}
}

// latest is what compacted topics have under each key that was not deleted.
func (i *instance) latest(t *testing.T, topics ...string) map[string]string {
	t.Helper()
	admin, err := kafka.NewAdmin(i.kafka)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	ends, err := admin.EndOffsets(t.Context(), topics...)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for topic, partitions := range ends {
		for partition, end := range partitions {
			err := kafka.ReadPartition(t.Context(), i.kafka, topic, partition, 0, end, func(r kafka.Fetched) bool {
				values[topic+"/"+string(r.Key)] = string(r.Value)
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	maps.DeleteFunc(values, func(_, value string) bool { return value == "" })
	return values
}
