package pipeline

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/report"
	"askbuy/schemas/event"
)

const goodMessage = `{"type":"message","event_id":"m1","shop_id":"s","user_id":"u","conv_id":"c","from":"user","text":"hi","ts":1750830000000}`

// Each letter goes the way that brings it back as itself when it is still bad.
func TestPlanRequeue(t *testing.T) {
	now := time.UnixMilli(1760000000000)
	door := func(source string, reason event.Reason) report.DeadLetter {
		return report.DeadLetter{Stage: event.StageIngest, Source: source, Reason: reason, ShopID: "s", EventID: "e", ReceivedAt: time.UnixMilli(1750000000000)}
	}
	late := func(stage event.Stage) report.DeadLetter {
		return report.DeadLetter{Stage: stage, Topic: event.TopicMessages, Source: "events", Reason: event.ReasonUndecodable}
	}
	bytes := func(s string) Original { return Original{Bytes: []byte(s)} }
	nameless := door("std", event.ReasonBadField)
	nameless.EventID = ""
	secret := strings.Repeat("k", 32)
	config := Config{Sources: []Source{
		{Name: "gen", Kind: "generic", Secrets: []string{secret}}, {Name: "bot", Kind: "coze", Secrets: []string{secret}}, {Name: "shopify", Kind: "shopify", Secrets: []string{secret}},
		{Name: "std", Kind: "standard-webhooks", Secrets: []string{"whsec_" + base64.StdEncoding.EncodeToString([]byte(secret))}},
		{Name: "lost", Kind: "generic", SecretEnv: "ASKBUY_TEST_NOWHERE"},
	}}
	sources := DoorSources(config, secret, func(secret, shop, body string) (string, error) { return "", nil })
	noTS := strings.Replace(goodMessage, `,"ts":1750830000000`, ``, 1)
	for _, c := range []struct {
		name     string
		letter   report.DeadLetter
		original Original
		named    bool
		way      way
		body     string
		says     string
	}{
		{"good by now", door("events", event.ReasonFutureTS), bytes(goodMessage), false, wayEvents, "[" + goodMessage + "]", "passes the rules"},
		{"without a time", door("events", event.ReasonFutureTS), bytes(noTS), false, wayEvents,
			`"ts":1750000000000`, "passes the rules"},
		{"time omitted as null", door("events", event.ReasonFutureTS), bytes(strings.Replace(noTS, "{", `{"ts":null,`, 1)), false, wayEvents,
			`"ts":1750000000000`, "passes the rules"},
		{"still bad, and as it was", door("events", event.ReasonMissingField), bytes(`{ "type":"message" }`), false, wayEvents, `[{ "type":"message" }]`, "come back: missing_field"},
		{"an array is one bad event", door("events", event.ReasonMalformed), bytes("[1,\n2]"), false, wayEvents, "[[1,\n2]]", "come back: malformed"},
		{"no JSON", door("events", event.ReasonMalformed), bytes(`{"a":1,"a":2}`), false, wayEvents, `{"a":1,"a":2}`, "come back: malformed"},
		{"no JSON, and no line", door("events", event.ReasonMalformed), bytes("{\n"), false, wayNone, "", "--file"},
		{"another's shop", door("events", event.ReasonForbiddenShop), bytes(goodMessage), false, wayNone, "", "--reason forbidden_shop"},
		{"another's shop, on purpose", door("events", event.ReasonForbiddenShop), bytes(goodMessage), true, wayEvents, "[" + goodMessage + "]", "passes"},
		{"the seed's door", door("coze", event.ReasonBadField), bytes(`{"user_id":"u","text":"hi","conversation_id":"c"}`), false, wayHook, `"ts":1750000000000`, "/coze"},
		{"the seed's door, still bad", door("coze", event.ReasonMissingField), bytes(`{"user_id":"u"}`), false, wayHook, `{"user_id":"u"}`, "come back"},
		{"a hook that signs", door("gen", event.ReasonFutureTS), bytes(goodMessage), false, wayHook, "[" + goodMessage + "]", "/hooks/gen"},
		{"a hook that signs, still bad", door("gen", event.ReasonFutureTS), bytes(`{"event_id":"x"}`), false, wayHook, `[{"event_id":"x"}]`, "come back"},
		{"an id of the delivery", nameless, bytes(goodMessage), false, wayNone, "", "event_id"},
		{"a callback", door("bot", event.ReasonMalformed), bytes(`{}`), false, wayHook, `{}`, "/hooks/bot"},
		{"a hook read by headers", door("shopify", event.ReasonMissingField), bytes(`{}`), false, wayNone, "", "kind shopify"},
		{"a hook of elsewhere", door("other", event.ReasonMissingField), bytes(`{}`), false, wayNone, "", "--config"},
		{"a hook without its secret", door("lost", event.ReasonMissingField), bytes(`{}`), false, wayNone, "", "--config"},
		{"bytes gone", door("events", event.ReasonBadField), Original{}, true, wayNone, "", "30 days"},
		{"a record", late(event.StageSink), Original{Bytes: []byte("x"), Record: &kafka.Record{Topic: "askbuy.messages.v1"}}, false, wayRecord, "", "askbuy.messages.v1"},
		{"an empty record", late(event.StageProcess), Original{Record: &kafka.Record{Topic: "askbuy.journey.v1"}}, false, wayRecord, "", "askbuy.journey.v1"},
		{"record gone, its bytes not", late(event.StageProcess), bytes("x"), true, wayNone, "", "--file"},
		{"record gone", late(event.StageSink), Original{}, true, wayNone, "", "30 days"},
	} {
		steps := PlanRequeue([]report.DeadLetter{c.letter}, []Original{c.original}, sources, func(report.DeadLetter) bool { return c.named }, now)
		s := steps[0]
		if s.way != c.way || !strings.Contains(s.String(), c.says) {
			t.Errorf("%s: way %d, want %d; says %q, want %q", c.name, s.way, c.way, s, c.says)
		}
		if (c.way == wayEvents || c.way == wayHook) && !strings.Contains(string(s.body), c.body) {
			t.Errorf("%s: body %s, want %s", c.name, s.body, c.body)
		}
		if strings.Count(string(s.body), `"ts"`) > 1 {
			t.Errorf("%s: two times: %s", c.name, s.body)
		}
	}
}

func TestPlanFile(t *testing.T) {
	now := time.UnixMilli(1760000000000)
	for _, c := range []struct {
		body   string
		good   int
		faults string
		ok     bool
	}{
		{goodMessage, 1, "", true},
		{"[" + goodMessage + `,{"type":"x"}]`, 1, "event 1: unknown_type", true},
		{goodMessage + "\n" + goodMessage, 2, "", true},
		{"not json", 0, "", false},
		{"[]", 0, "", false},
	} {
		good, faults, ok := PlanFile([]byte(c.body), now)
		if good != c.good || ok != c.ok || !strings.HasPrefix(strings.Join(faults, "; "), c.faults) || c.faults == "" && faults != nil {
			t.Errorf("%s: %d %v %v", c.body, good, faults, ok)
		}
	}
}
