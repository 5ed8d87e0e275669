package handoffs

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"askbuy/internal/kafka/kafkatest"
	"askbuy/models/intent"
	"askbuy/reply/conversation"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// A conversation passes to a person and back, through either replica.
func TestADeskOfTwoReplicas(t *testing.T) {
	r := newRig(t, 2)
	a, b := r.open(), r.open()
	r.publish(said(shopper, "c1", "m1", event.RoleUser, "我要投诉"))
	r.publish(a.call(shopper, "c1", "m1", "我要投诉", intent.Scored{Intent: "complaint", IntentConfidence: 0.9}))
	b.sees("the call", func(s *conversation.State) bool {
		mode, _ := s.Mode()
		return mode == turn.ModePending && len(s.Questions) == 1
	})

	var list struct {
		Handoffs []Package `json:"handoffs"`
	}
	if status := b.ask("GET", "/v1/handoffs?state=pending", "s", "", &list); status != http.StatusOK || len(list.Handoffs) != 1 {
		t.Fatalf("%d, %+v", status, list)
	}
	p := list.Handoffs[0]
	if p.Reason != event.ReasonComplaint || p.State != conversation.StatePending || len(p.Messages) != 1 || p.Messages[0].Text != "我要投诉" ||
		p.Segment != "vip" || p.Profile["basket"] != 269 || *p.BuyScore != 0.5 || p.RequestedAt == 0 || p.Intent != "complaint" {
		t.Errorf("package %+v", p)
	}

	began := time.Now()
	var taken Package
	if status := b.ask("POST", "/conversations/c1/takeover?agent=amy", "s", "", &taken); status != http.StatusOK {
		t.Fatal(status)
	}
	if took := time.Since(began); took < r.stale {
		t.Errorf("a takeover answered after %v, replicas may be %v behind", took, r.stale)
	}
	if taken.HandoffID != p.HandoffID || taken.State != conversation.StateHuman || taken.Agent != "amy" {
		t.Errorf("took over %+v", taken)
	}
	for name, rep := range map[string]*replica{"a": a, "b": b} {
		if may, err := rep.book.MaySpeak(kafkatest.Context(t), shopper); may || err != nil {
			t.Errorf("replica %s after the takeover: %v, %v", name, may, err)
		}
	}

	var message struct {
		MessageID string `json:"message_id"`
	}
	if status := a.ask("POST", "/v1/handoffs/"+p.HandoffID+"/messages", "s", `{"text":"您好,我是小美"}`, &message); status != http.StatusOK {
		t.Fatal(status)
	}
	if words := a.book.State(shopper).Waiting(); len(words) != 1 {
		t.Errorf("who is answered does not see its own words: %+v", words)
	}
	b.sees("the agent's words", func(s *conversation.State) bool { return len(s.Waiting()) == 1 })
	s := b.book.State(shopper)
	if w := s.Waiting()[0]; w.EventID != message.MessageID || w.Text != "您好,我是小美" {
		t.Errorf("waiting %+v, sent %+v", w, message)
	}
	r.publish(a.desk.Shown(shopper, "c1", []string{message.MessageID}))
	b.sees("that they were shown", func(s *conversation.State) bool { return len(s.Waiting()) == 0 })

	if status := b.ask("POST", "/v1/handoffs/"+p.HandoffID+"/close", "s", "", nil); status != http.StatusOK {
		t.Fatal(status)
	}
	a.sees("the end", func(s *conversation.State) bool { mode, _ := s.Mode(); return mode == turn.ModeBot })
	if status := a.ask("POST", "/v1/handoffs/"+p.HandoffID+"/messages", "s", `{"text":"还在吗"}`, nil); status != http.StatusConflict {
		t.Errorf("words after the end: %d", status)
	}
	if may, err := a.book.MaySpeak(kafkatest.Context(t), shopper); !may || err != nil {
		t.Errorf("the bot after the end: %v, %v", may, err)
	}
}

// Who writes to a shopper whom nobody took over takes over first.
func TestWritingTakesOver(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	r.publish(a.call(shopper, "c", "m1", "转人工", intent.Scored{}))
	a.sees("the call", func(s *conversation.State) bool { return len(s.Handoffs) == 1 })
	began := time.Now()
	id := a.book.State(shopper).Handoffs[0].ID
	if status := a.ask("POST", "/v1/handoffs/"+id+"/messages", "s", `{"text":"您好","agent":"amy"}`, nil); status != http.StatusOK {
		t.Fatal(status)
	}
	if took := time.Since(began); took < r.stale {
		t.Errorf("the words were taken after %v, replicas may be %v behind", took, r.stale)
	}
	if mode, _ := a.book.State(shopper).Mode(); mode != turn.ModeHuman {
		t.Errorf("mode %q after the words", mode)
	}
	a.sees("the words", func(s *conversation.State) bool { return len(s.Waiting()) == 1 })
}

func TestATakeoverThatNobodyCalledFor(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	var taken Package
	if status := a.ask("POST", "/v1/handoffs", "all", `{"shop_id":"s","user_id":"u","conv_id":"c9"}`, &taken); status != http.StatusOK {
		t.Fatal(status)
	}
	if taken.Reason != event.ReasonTakeover || taken.State != conversation.StateHuman || taken.ConvID != "c9" {
		t.Errorf("%+v", taken)
	}
	var again Package
	if status := a.ask("POST", "/v1/handoffs", "all", `{"shop_id":"s","user_id":"u","conv_id":"c9"}`, &again); status != http.StatusOK || again.HandoffID != taken.HandoffID {
		t.Errorf("again: %d, %+v", status, again)
	}
}

// What cannot be recorded is no takeover.
func TestATakeoverThatCannotBeAssured(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	r.refuse.Store(true)
	if status := a.ask("POST", "/v1/handoffs", "all", `{"shop_id":"s","user_id":"u","conv_id":"c"}`, nil); status != http.StatusServiceUnavailable {
		t.Errorf("answered %d", status)
	}
}

func TestADeskSpeaksForTheShopsOfTheKey(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	other := event.Shopper{ShopID: "other", UserID: "u"}
	r.publish(said(shopper, "c", "m1", event.RoleUser, "转人工"), said(other, "c", "m1", event.RoleUser, "转人工"))
	r.publish(a.call(shopper, "c", "m1", "转人工", intent.Scored{}), a.call(other, "c", "m1", "转人工", intent.Scored{}))
	a.sees("the call", func(s *conversation.State) bool { return len(s.Handoffs) == 1 })
	kafkatest.Committed(t, r.kafka, conversation.Group, event.TopicHandoffs, 2)
	id := a.book.State(other).Handoffs[0].ID
	f := func(want int, method, path, key, body string) {
		t.Helper()
		if got := a.ask(method, path, key, body, nil); got != want {
			t.Errorf("%s %s as %q: %d, want %d", method, path, key, got, want)
		}
	}
	f(401, "GET", "/v1/handoffs", "", "")
	f(405, "DELETE", "/v1/handoffs", "s", "")
	f(405, "GET", "/v1/handoffs/"+id+"/close", "s", "")
	f(401, "POST", "/conversations/c/takeover", "", "")
	f(403, "POST", "/v1/handoffs", "s", `{"shop_id":"other","user_id":"u","conv_id":"c"}`)
	f(409, "POST", "/conversations/c/takeover", "all", "")
	f(404, "POST", "/conversations/unheard-of/takeover", "all", "")
	f(400, "POST", "/v1/handoffs", "all", `{"shop_id":"s"}`)
	f(400, "POST", "/v1/handoffs", "all", `{"shop_id":`)
	f(400, "GET", "/v1/handoffs?state=lost", "all", "")
	f(400, "GET", "/v1/handoffs?limit=0", "all", "")
	f(404, "POST", "/v1/handoffs/"+id+"/messages", "s", `{"text":"您好"}`)
	f(404, "POST", "/v1/handoffs/"+id+"/close", "s", "")
	f(400, "POST", "/v1/handoffs/"+id+"/messages", "other", `{"text":" "}`)
	var list struct {
		Handoffs []Package `json:"handoffs"`
	}
	a.ask("GET", "/v1/handoffs", "s", "", &list)
	if len(list.Handoffs) != 1 || list.Handoffs[0].ShopID != "s" {
		t.Errorf("the key of s sees %+v", list)
	}
}

func TestTheAngryComeFirstPageByPage(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	want := []string{"angry", "urgent", "asked1", "asked2"}
	for n, who := range []string{"asked1", "asked2", "urgent", "angry"} {
		scored, text := intent.Scored{}, "转人工"
		switch who {
		case "urgent":
			text = "紧急"
		case "angry":
			scored.Sentiment = intent.Angry
		}
		r.now.Store(int64(n) * int64(time.Second))
		r.publish(a.call(event.Shopper{ShopID: "s", UserID: who}, "c-"+who, "q", text, scored))
	}
	kafkatest.Committed(t, r.kafka, conversation.Group, event.TopicHandoffs, 4)
	var got []string
	for after, pages := "", 0; pages < 9; pages++ {
		var page struct {
			Handoffs []Package `json:"handoffs"`
			Next     string    `json:"next"`
		}
		if status := a.ask("GET", "/v1/handoffs?limit=1&after="+after, "all", "", &page); status != http.StatusOK {
			t.Fatal(status)
		}
		for _, p := range page.Handoffs {
			got = append(got, p.UserID)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
}

// Who takes over a conversation at once need not wait until it is known.
func TestATakeoverOfAConversationThatJustBegan(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	var taken Package
	asked := make(chan int, 1)
	go func() { asked <- a.ask("POST", "/conversations/c7/takeover", "s", "", &taken) }()
	r.publish(said(shopper, "c7", "m1", event.RoleUser, "怎么退货"))
	if status := <-asked; status != http.StatusOK || len(taken.Messages) != 1 {
		t.Errorf("%d, %+v", status, taken)
	}
}
