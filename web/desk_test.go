package web_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"askbuy/web"
)

// counter is a desk, told by the test: handoff h_0 is of shop 1024, h_other of
// 2048; there is one question of each shop.
type counter struct {
	state    map[string]string // of handoffs
	said     []string
	agents   map[string]string // who did what
	answers  map[string]string // of questions; rejected ones have ""
	declines *web.Declined     // the next act
	looks    []web.Look
}

func newCounter() *counter {
	return &counter{state: map[string]string{"h_1": "pending", "h_other": "pending"}, agents: map[string]string{}, answers: map[string]string{}}
}

func (c *counter) Handoffs(_ context.Context, shop string) (list []web.Handoff, err error) {
	for id, of := range map[string]string{"h_1": "1024", "h_other": "2048"} {
		if shop == "" || shop == of {
			list = append(list, web.Handoff{
				ID: id, Shop: of, User: "u_1", Conv: "c_1", Reason: "anger", State: c.state[id], Segment: "vip", Intent: "price_query", Profile: map[string]float64{"orders": 3, "basket": 268.5},
				RequestedAt: time.Now().Add(-3 * time.Minute), Last: []web.Said{{From: "user", Text: "到底有没有人!", At: time.Now().Add(time.Hour)}},
			})
		}
	}
	return list, nil
}

// do is an act, declined once if the test says so.
func (c *counter) do(what, who string, then func()) error {
	if d := c.declines; d != nil {
		c.declines = nil
		return d
	}
	c.agents[what] = who
	then()
	return nil
}

func (c *counter) Take(_ context.Context, shop, user, conv, agent string) (string, error) {
	return "h_1", c.do("take "+shop+" "+user+" "+conv, agent, func() { c.state["h_1"] = "human" })
}

func (c *counter) Say(_ context.Context, handoff, text, message, agent string) error {
	return c.do("say", agent, func() { c.said = append(c.said, handoff+" "+text+" "+message); c.state[handoff] = "human" })
}

func (c *counter) GiveBack(_ context.Context, handoff, agent string) error {
	return c.do("close "+handoff, agent, func() { c.state[handoff] = "closed" })
}

func (c *counter) Unanswered(_ context.Context, shop string) (list []web.Unanswered, n int64, err error) {
	for _, of := range []string{"1024", "2048"} {
		asked := map[string]int64{"1024": 64, "2048": 16}[of] // as in webtest
		if _, done := c.answers["q-"+of]; !done && (shop == "" || shop == of) {
			list = append(list, web.Unanswered{
				ID: "q-" + of, Shop: of, Text: "有优惠券吗?", Language: "zh", Wordings: []string{"有优惠券吗?", "这件有 M 码吗,今天能发货吗?"}, Asked: asked, First: time.Now().Add(-time.Hour), Last: time.Now(),
				Near: &web.NearEntry{ID: "coupon", Question: "优惠券怎么用?", Answer: "下单时在结算页选择。", Score: .41},
			})
		}
	}
	return list, int64(len(list)), nil
}

func (c *counter) Approve(_ context.Context, question string, a web.Approval) error {
	return c.do("approve", a.By, func() { c.answers[question] = a.Answer + a.Entry })
}

func (c *counter) Reject(_ context.Context, question, by string) error {
	return c.do("reject", by, func() { c.answers[question] = "" })
}

func (c *counter) record(_ context.Context, l web.Look) error {
	c.looks = append(c.looks, l)
	return nil
}

// atTheDesk is a dashboard with a desk and people: a viewer, an operator of
// shop 1024, and the administrator.
func atTheDesk(t *testing.T) (c *counter, viewer, operator *visitor) {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("pass"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	c = newCounter()
	base := serve(t, func(deps *web.Deps) {
		deps.Desk, deps.Record = c, c.record
		for _, u := range []web.User{{Name: "viewer", Role: web.RoleViewer}, {Name: "lin", Role: web.RoleOperator, Shops: []string{"1024"}}} {
			u.PasswordHash = string(hash)
			deps.Users = append(deps.Users, u)
		}
	})
	return c, visit(t, base, "viewer", "pass"), visit(t, base, "lin", "pass")
}

// shows holds a page against what it has to say, and what it must not.
func shows(t *testing.T, what, page string, want []string, not ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(page, w) {
			t.Errorf("%s does not say %q", what, w)
		}
	}
	for _, n := range not {
		if strings.Contains(page, n) {
			t.Errorf("%s says %q", what, n)
		}
	}
}

func TestAHandoffIsWorkedOn(t *testing.T) {
	c, viewer, operator := atTheDesk(t)
	const one = "/handoff?shop_id=1024&handoff_id=h_1"
	form := func(more ...string) url.Values {
		f := url.Values{"shop_id": {"1024"}, "handoff_id": {"h_1"}, "user_id": {"u_1"}, "conv_id": {"c_1"}}
		for pair := range slices.Chunk(more, 2) {
			f.Set(pair[0], pair[1])
		}
		return f
	}
	f := func(v *visitor, act string, form url.Values, status int, want []string, not ...string) string {
		t.Helper()
		got, page := v.post("/handoff/"+act, form)
		if got != status {
			t.Errorf("%s: %d, want %d", act, got, status)
		}
		shows(t, act, page, want, not...)
		return page
	}
	_, page := viewer.get(one)
	shows(t, "a viewer's page", page, []string{"到底有没有人!", "Orders so far", "268.5", "need the role operator"}, "<textarea")
	f(viewer, "take", form(), 403, []string{"role"})
	f(operator, "take", form("shop_id", "2048", "handoff_id", "h_other"), 403, nil)
	f(operator, "close", form("handoff_id", "h_other"), 404, []string{"no such handoff"})
	token := operator.csrf
	operator.csrf = "forged"
	f(operator, "take", form(), 403, nil)
	operator.csrf = token
	if len(c.agents) > 0 {
		t.Fatalf("what was refused was done: %v", c.agents)
	}

	c.declines = &web.Declined{Status: 503, Code: "takeover_unsure", After: 2 * time.Second}
	f(operator, "take", form(), 503, []string{"Try again in two seconds", "Take over"})
	if after := operator.header.Get("Retry-After"); after != "2" {
		t.Errorf("to try again after %q s", after)
	}
	f(operator, "take", form(), 200, []string{"with a person", ">Send<"}, "Take over and send")
	c.declines = &web.Declined{Status: 503, Code: "not_durable", After: 2 * time.Second}
	page = f(operator, "say", form("text", "您好,我是小林", "message_id", "m-once"), 503, []string{"it arrives once", `value="m-once"`, ">您好,我是小林</textarea>"})
	again := regexp.MustCompile(`name="message_id" value="([^"]+)"`).FindStringSubmatch(page)[1]
	f(operator, "say", form("text", "您好,我是小林", "message_id", again), 200, []string{"with a person"}, "m-once", "小林</textarea>")
	f(operator, "close", form(), 200, []string{"the bot answers again"}, "<textarea")
	c.declines = &web.Declined{Status: 409, Code: "closed"}
	f(operator, "say", form("text", "还在吗", "message_id", "x"), 409, []string{"The bot has the conversation back"})
	unasked := form()
	unasked.Del("handoff_id")
	f(operator, "take", unasked, 200, []string{"with a person", ">Send<"})
	f(operator, "take", url.Values{"shop_id": {"2048"}, "user_id": {"u_0"}, "conv_id": {"c_0"}}, 403, nil)
	if want := []string{"h_1 您好,我是小林 m-once"}; !slices.Equal(c.said, want) {
		t.Errorf("said %v", c.said)
	}
	if want := map[string]string{"take 1024 u_1 c_1": "lin", "say": "lin", "close h_1": "lin"}; !maps.Equal(c.agents, want) {
		t.Errorf("done %v", c.agents)
	}
}

func TestQuestionsAreReviewed(t *testing.T) {
	c, viewer, operator := atTheDesk(t)
	_, page := viewer.get("/knowledge?lang=en")
	shows(t, "a viewer's page", page, []string{"asked 64 times", "优惠券怎么用?", "need the role operator"}, "<textarea")
	_, page = operator.get("/?lang=en")
	shows(t, "the first page", page, []string{"<b>1</b> Unanswered questions", `href="/knowledge`})
	form := func(id, shop, answer string) url.Values {
		return url.Values{"id": {id}, "shop_id": {shop}, "answer": {answer}, "filter": {"1024"}}
	}
	f := func(v *visitor, act string, form url.Values, status int, want []string, not ...string) {
		t.Helper()
		got, page := v.post("/knowledge/"+act, form)
		if got != status {
			t.Errorf("%s: %d, want %d", act, got, status)
		}
		shows(t, act, page, want, not...)
	}
	f(viewer, "approve", form("q-1024", "1024", "有"), 403, nil)
	f(operator, "approve", form("q-2048", "2048", "有"), 403, nil)
	f(operator, "reject", form("q-2048", "1024", ""), 404, []string{"waits no more"})
	if len(c.answers)+len(c.looks) > 0 {
		t.Fatalf("what was refused was done: %v %v", c.answers, c.looks)
	}
	c.declines = &web.Declined{Status: http.StatusUnprocessableEntity, Code: "refused", Detail: "entry: its answer is empty"}
	f(operator, "approve", form("q-1024", "1024", " 半个答案 "), 422, []string{"its answer is empty", "> 半个答案 </textarea>"})
	f(operator, "approve", form("q-1024", "1024", " 结算页可领。 "), 200, []string{"the answer is live now"}, "asked 64 times")
	if c.answers["q-1024"] != "结算页可领。" || c.agents["approve"] != "lin" {
		t.Errorf("approved %v by %v", c.answers, c.agents)
	}
	if last := c.looks[len(c.looks)-1]; last.Name != "lin" || last.Kind != "question_approved" || last.Shop != "1024" || last.Of != "q-1024" {
		t.Errorf("recorded %+v", c.looks)
	}
	_, page = operator.get("/?lang=en")
	shows(t, "the first page afterwards", page, nil, "</b> Unanswered questions")
}

// Without a desk the queue is shown, and nobody can answer.
func TestAQueueWithoutADesk(t *testing.T) {
	shows(t, "without a desk", newReader(t).page("/knowledge"), []string{"does not have role reply", ">Asked<"}, "<textarea")
}
