package reply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// The seed's wire contract, word by word.
func TestSeedContract(t *testing.T) {
	r := newRig(t)
	f := func(name string, want int, body string, headers ...string) {
		t.Helper()
		w := r.post("/chat", body, headers...)
		if w.Code != want {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, want)
		}
		if got := w.Body.String(); want == http.StatusOK && (!strings.HasPrefix(got, `{"reply":"`) || strings.Count(got, `":`) != 1) {
			t.Errorf("%s: the body is more than the reply: %s", name, got)
		}
	}
	const good = `{"query":"怎么退货"}`
	f("as the seed posts it", 200, good)
	f("without X-WeChat-AppID", 400, good, headerApp, "")
	f("without X-User-ID", 400, good, headerUser, "")
	f("a user id that is too long", 400, good, headerUser, strings.Repeat("u", 257))
	f("no JSON", 400, "query=hello")
	f("no query", 400, `{}`)
	f("an empty query", 400, `{"query":"  "}`)
	f("a query that is no text", 400, `{"query":1}`)
	f("a repeated member", 400, `{"query":"a","query":"b"}`)
	f("bytes behind", 400, good+"{}")
	f("members of a later version", 200, `{"query":"怎么退货","trace":1}`)
	f("another media type", 415, good, "Content-Type", "text/plain")
	f("JSON with a charset", 200, good, "Content-Type", "application/json; charset=utf-8")
	f("too long", 413, `{"query":"`+strings.Repeat("长", 30_000)+`"}`)
	if w := r.post("/chat/privacy", ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET" {
		t.Errorf("another method: %d", w.Code)
	}
}

func TestAReplyHasFiftyCharacters(t *testing.T) {
	r := newRig(t)
	reply, h := r.chat(t, "怎么退货")
	if reply != "签收七天内可以无理由退货。运费由买家承担,质量问题由我们承担。" || utf8.RuneCountInString(reply) > maxBrief || h.Get(headerRoute) != "faq" {
		t.Errorf("%q by %s", reply, h.Get(headerRoute))
	}
}

// A strong ETag stands over the reply; 304 where the client has that very one,
// and the turn is recorded all the same.
func TestETag(t *testing.T) {
	r := newRig(t)
	_, h := r.chat(t, "怎么退货")
	tag := h.Get("ETag")
	if len(tag) != 34 || tag[0] != '"' {
		t.Fatalf("the tag %s is not strong", tag)
	}
	r.recorded()
	for _, list := range []string{tag, `"other", ` + tag, "W/" + tag} {
		r.pass(retryWindow)
		w := r.post("/chat", `{"query":"怎么退货?"}`, "If-None-Match", list, headerMessage, list[:4])
		if w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get(headerConv) == "" {
			t.Errorf("If-None-Match %s: %d %s", list, w.Code, w.Body)
		}
		if n := len(r.recorded()); n != 3 {
			t.Errorf("If-None-Match %s: %d records", list, n)
		}
	}
	for _, list := range []string{"", "*", `"other"`} {
		if w := r.post("/chat", `{"query":"怎么退货"}`, "If-None-Match", list); w.Code != http.StatusOK {
			t.Errorf("If-None-Match %q: %d", list, w.Code)
		}
	}
}

// What a turn leaves: the question, masked, before the answer; the answer; and
// what is known of it. All of them are of one conversation.
func TestATurnIsRecorded(t *testing.T) {
	r := newRig(t, func(_ *Config, d *Deps) {
		d.Arms = func(event.Shopper) turn.Arm { return turn.Arm{Experiment: "x", Variant: "b", Treatment: turn.TreatFAQ} }
	})
	reply, h := r.chat(t, "怎么退货 13812345678")
	events := r.recorded()
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, string(e.Type)+string(e.From))
		if e.ShopID != "default" || e.UserID != "u" || e.ConvID != h.Get(headerConv) || e.TS < events[0].TS {
			t.Errorf("%+v", e)
		}
	}
	if got := strings.Join(kinds, " "); got != "messageuser exposure messagebot reply" {
		t.Fatalf("recorded %s", got)
	}
	question, exposure, said, known := events[0], events[1], events[2], events[3]
	switch {
	case question.Text != "怎么退货 [phone]", question.Channel != channel:
		t.Errorf("question %+v", question)
	case exposure.Experiment != "x", exposure.Variant != "b":
		t.Errorf("exposure %+v", exposure)
	case said.Text != reply, said.ID != known.ID:
		t.Errorf("said %+v", said)
	case known.Reply.QuestionID != question.ID, known.Reply.Route != h.Get(headerRoute), known.Variant != "b":
		t.Errorf("reply %+v", known.Reply)
	}
	r.chat(t, "谢谢")
	for _, e := range r.recorded() {
		if e.Type == event.TypeExposure {
			t.Error("a conversation is exposed twice")
		}
	}
	r.chat(t, "测试")
	for _, e := range r.recorded() {
		if !e.Test {
			t.Errorf("the answer to a test counts: %+v", e)
		}
	}
}

// Nothing is shown that is not durable.
func TestWhatCannotBeRecordedIsNotShown(t *testing.T) {
	r := newRig(t)
	r.refuse = errors.New("no broker and no spool")
	w := r.post("/chat", `{"query":"怎么退货"}`)
	if w.Code != http.StatusInternalServerError || w.Body.String() != `{"error":"ERR_AI_TIMEOUT"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	r.refuse = nil
	if _, h := r.chat(t, "怎么退货"); h.Get(headerPrivacy) != "1" {
		t.Error("the turn that failed counts as the first")
	}
}

func TestConversations(t *testing.T) {
	r := newRig(t)
	conv := func(headers ...string) string {
		t.Helper()
		_, h := r.chat(t, fmt.Sprint("怎么退货", len(headers), r.now.UnixMilli()), headers...)
		return h.Get(headerConv)
	}
	first := conv()
	r.pass(turn.Silence - time.Millisecond)
	if got := conv(); got != first {
		t.Errorf("within two hours %s became %s", first, got)
	}
	r.pass(turn.Silence)
	second := conv()
	if second == first {
		t.Error("two hours of silence end no conversation")
	}
	if got := conv(headerConv, first); got != first {
		t.Errorf("a conversation that is named is not continued: %s", got)
	}
	if got := conv(headerConv, "chat-0-00"); got != first { // the latest
		t.Errorf("a made-up conversation was continued: %s", got)
	}
	if got := conv(headerUser, "someone", headerConv, first); got == first {
		t.Error("another shopper's conversation was continued")
	}
	if other := newRig(t); other.ids.conversation(event.Shopper{ShopID: "a", UserID: "bc"}, 1) == other.ids.conversation(event.Shopper{ShopID: "ab", UserID: "c"}, 1) {
		t.Error("two shoppers share a conversation")
	}
}

// A retry has the same reply and no new events: within 10 s by its text, at any
// time by its id, through any replica.
func TestRetries(t *testing.T) {
	n := 0
	r := newRig(t, func(_ *Config, d *Deps) {
		d.Rungs = []Rung{{Step: step(func(context.Context, *turn.Turn) (turn.Reply, bool) {
			n++
			return turn.Reply{Text: fmt.Sprint("answer ", n), Route: turn.RouteRule}, true
		})}}
	})
	f := func(name, want string, records int, query string, headers ...string) {
		t.Helper()
		r.recorded()
		if got, _ := r.chat(t, query, headers...); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if got := len(r.recorded()); got != records {
			t.Errorf("%s: %d records, want %d", name, got, records)
		}
	}
	f("first", "answer 1", 3, "q")
	f("again", "answer 1", 0, "q")
	f("other text", "answer 2", 3, "q2")
	f("named", "answer 3", 3, "q", headerMessage, "m1")
	f("named again, with other words", "answer 3", 0, "another", headerMessage, "m1")
	r.recent.InvalidateAll() // as on another replica
	f("again elsewhere", "answer 2", 0, "q2")
	r.pass(retryWindow)
	r.recent.InvalidateAll()
	f("later", "answer 4", 3, "q2")
	f("named, elsewhere and later", "answer 3", 0, "x", headerMessage, "m1")
}

func TestApps(t *testing.T) {
	r := newRig(t, func(c *Config, _ *Deps) {
		c.Apps = map[string]App{
			"wx1": {Shop: "1024", Session: func(token string) (string, error) {
				if token == "bad" {
					return "", errors.New("expired")
				}
				return token, nil
			}},
			"wx2": {Shop: "2048"},
		}
	})
	f := func(want int, headers ...string) {
		t.Helper()
		if w := r.post("/chat", `{"query":"你好"}`, headers...); w.Code != want {
			t.Errorf("%v: %d %s, want %d", headers, w.Code, w.Body, want)
		}
	}
	f(200, headerSession, "u")
	f(401, headerSession, "somebody else")
	f(401, headerSession, "bad")
	f(401)
	f(200, headerApp, "wx2")
	f(403, headerApp, "wx3")
	for _, e := range r.recorded()[3:] {
		if e.ShopID != "2048" {
			t.Errorf("shop %s", e.ShopID)
		}
	}
}

func TestLanguages(t *testing.T) {
	r := newRig(t)
	f := func(query, accept, want string) {
		t.Helper()
		if got, _ := r.chat(t, query, "Accept-Language", accept); got != want {
			t.Errorf("%s in %q: %q", query, accept, got)
		}
	}
	f("会飞吗", "", Cut(presetText.zh, maxBrief))
	f("can it fly", "", Cut(presetText.en, maxBrief))
	f("会飞吗!", "en-GB,en;q=0.9,zh;q=0.8", Cut(presetText.en, maxBrief))
	f("can it fly!", "zh-CN", Cut(presetText.zh, maxBrief))
	f("会飞吗?", "fr", Cut(presetText.zh, maxBrief))
	f("怎么退货", "en", Cut(presetText.en, maxBrief)) // the entry is in Chinese
	for _, said := range []string{presetText.zh, presetText.en, handoverText.zh, handoverText.en} {
		if n := utf8.RuneCountInString(said); n > maxBrief {
			t.Errorf("%q has %d characters", said, n)
		}
	}
}

// In human mode no step is asked; what the person said is given, whole.
func TestAPersonIsNotTalkedOver(t *testing.T) {
	asked := false
	r := newRig(t, func(_ *Config, d *Deps) {
		d.Rungs = []Rung{{Always: true, Step: step(func(context.Context, *turn.Turn) (turn.Reply, bool) {
			asked = true
			return turn.Reply{Text: "bot", Route: turn.RouteRule}, true
		})}}
	})
	long := strings.Repeat("我来帮您处理。", 20)
	r.states[event.Shopper{ShopID: "default", UserID: "u"}] = turn.State{ConvID: "c", LastAt: r.now.UnixMilli(), Mode: turn.ModeHuman, Waiting: []turn.Words{{EventID: "w", Text: long}}}
	reply, h := r.chat(t, "在吗")
	if reply != long || h.Get(headerHandoff) != "human" || h.Get(headerRoute) != "human" {
		t.Errorf("%q %v", reply, h)
	}
	if reply, _ := r.chat(t, "好的"); reply != "" {
		t.Errorf("words are given twice: %q", reply)
	}
	for _, e := range r.recorded() {
		if e.From != event.RoleUser {
			t.Errorf("recorded %+v", e)
		}
	}
	if asked {
		t.Error("a step was asked")
	}
}
