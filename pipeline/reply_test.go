package pipeline

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/schemas/schematest"
)

// chat posts a question as a shopper and returns the answer with its body.
func (i *instance) chat(t *testing.T, user, query string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.at.HTTP+"/chat", strings.NewReader(`{"query":"`+query+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-WeChat-AppID", "wx1")
	r.Header.Set("X-User-ID", user)
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	schematest.Described(t, http.MethodPost, "/chat", answer.StatusCode, answer.Header, body)
	return answer, string(body)
}

const returnsFAQ = `[{"id":"returns","questions":["怎么退货","如何退换货"],"answer":"签收七天内可以无理由退货。","lang":"zh"}]`

const shippingExperiment = `
experiment: reply
hypothesis: answers from the FAQ sell more
owner: me@example.com
start: 2024-01-01T00:00:00Z
planned_end: 2099-01-01T00:00:00Z
variants: [{name: holdout, weight: 0.5, control: true}, {name: faq, weight: 0.5}]
metrics: [{metric: conversation_to_order, role: success}]
`

// A shopper's question is answered; what was asked, what was answered, by
// which step and under which variant is in the warehouse, masked, and every
// record has its receipt.
func TestAShopperIsAnsweredAndItIsMeasured(t *testing.T) {
	c := testConfig(t.TempDir())
	c.Reply.Experiment = "reply"
	for file, content := range map[string]string{"faq.json": returnsFAQ, "experiments/reply.yaml": shippingExperiment} {
		path := filepath.Join(c.DataDir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	i := start(t, c)
	first, answered := 0, 0 // turns with an answer
	for _, user := range []string{"u1", "u2", "u3", "u4", "u5", "u6"} {
		answer, body := i.chat(t, user, "怎么退货?我的电话13812345678")
		conv := answer.Header.Get("X-Conv-ID")
		if answer.StatusCode != http.StatusOK || conv == "" || answer.Header.Get("X-Handoff") != "none" || answer.Header.Get("X-Privacy-Notice") != "1" {
			t.Fatalf("%d %s %v", answer.StatusCode, body, answer.Header)
		}
		if route := answer.Header.Get("X-Reply-Route"); route != "preset" && route != "clarify" {
			first++
		}
		again, _ := i.chat(t, user, "怎么退货", "X-Conv-ID", conv)
		if again.Header.Get("X-Conv-ID") != conv || again.Header.Get("X-Privacy-Notice") != "" {
			t.Errorf("the second turn: %v", again.Header)
		}
		if again.Header.Get("X-Reply-Route") != "preset" {
			answered++
		}
		retry, _ := i.chat(t, user, "怎么退货", "X-Conv-ID", conv)
		if retry.Header.Get("ETag") != again.Header.Get("ETag") {
			t.Error("a retry has another answer")
		}
	}
	streamed := 0
	if given, _ := i.chat(t, "streamer", "怎么退货", "X-Message-ID", "m"); given.Header.Get("X-Reply-Route") != "preset" {
		streamed = 1
	}
	if n := i.firstCharacters(t, "streamer", "怎么退货"); n > 5000 {
		t.Errorf("the first characters come after %d bytes", n)
	}
	i.drained(t)
	type counts struct {
		Messages, Masked, Replies, Answered, Exposures, Conversations, Unexplained uint64
	}
	row, err := clickhouse.One[counts](t.Context(), i.db, `
		SELECT (SELECT count() FROM bi.messages WHERE conv_id LIKE 'chat-%') AS Messages,
			(SELECT countIf(text LIKE '%138%') FROM bi.messages) AS Masked,
			(SELECT count() FROM bi.replies WHERE event_id IN (SELECT event_id FROM bi.messages WHERE from_role = 'bot')) AS Replies,
			(SELECT countIf(is_answered) FROM bi.replies) AS Answered,
			(SELECT count() FROM bi.exposures WHERE experiment = 'reply' AND conv_id IN (SELECT conv_id FROM bi.conversations)) AS Exposures,
			(SELECT count() FROM bi.conversations WHERE user_messages = 2 AND bot_messages = 2 AND experiment = 'reply' AND channel = 'miniprogram') AS Conversations,
			(SELECT sum(unexplained) FROM bi.ledger) AS Unexplained`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := (counts{26, 0, 13, uint64(first + answered + streamed), 7, 6, 0}); row != want || answered == 0 || answered == 6 {
		t.Errorf("have %+v, want %+v; %d answered", row, want, answered)
	}
}

// firstCharacters counts the bytes on the wire from the start of a stream's
// answer to the end of its brief.
func (i *instance) firstCharacters(t *testing.T, user, query string) int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(i.at.HTTP, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"query":"` + query + `"}`
	fmt.Fprintf(conn, "POST /chat/stream HTTP/1.1\r\nHost: x\r\nX-WeChat-AppID: wx1\r\nX-User-ID: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", user, len(body), body)
	said, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(said), "event: brief\ndata: {\"reply\":\"")
	end := strings.Index(rest, `"}`)
	if !found || end <= 0 || !strings.Contains(rest, "event: detail\n") || !strings.Contains(rest, "event: done\n") {
		t.Fatalf("the stream is %s", said)
	}
	return len(said) - len(rest) + end
}
