package sender

import (
	"crypto/sha1"
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"askbuy/ingest"
)

func now() time.Time { return start }

func newSender(t testing.TB, kind string, cfg Config) *Sender {
	t.Helper()
	cfg.Now = now
	s, err := New(kind, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// failsAt wants a verification to fail at that step.
func failsAt(t *testing.T, name string, err error, step Step) {
	t.Helper()
	var denied *Denied
	if !errors.As(err, &denied) || denied.Step != step {
		t.Errorf("%s: %v, want a failure of %s", name, err, step)
	}
}

// TestNotificationOfTheVendorsOwnTest is apart because its key has a length
// that no configuration may have.
func TestNotificationOfTheVendorsOwnTest(t *testing.T) {
	v := read(t, "testdata/wechatpay-sdk/notify.json")
	key, err := publicKey(v.Keys["D7CE59D1F522D701"])
	if err != nil {
		t.Fatal(err)
	}
	verifier := &weChatVerifier{now: v.config().Now}
	verifier.keys = map[string]*rsaKey{"D7CE59D1F522D701": key}
	if err := prove(verifier, v.header(), v.Body); err != nil {
		t.Error(err)
	}
	var n weChatNotification
	if f := parse([]byte(v.Body), &n); f != nil {
		t.Fatal(f)
	}
	plain, ok := weChatMapper{keys: [][]byte{[]byte(v.Secrets[0])}}.open(&n)
	want := `{"mchid":"1234567890","appid":"054aa7d7a2a54ab5898df65bd96f001c","create_time":"2020-06-30T12:12:00+08:00","out_contract_code":"21640bdbd08e473e828f3206a2741c6e"}`
	if !ok || string(plain) != want {
		t.Errorf("opened %s", plain)
	}
	for name, change := range map[string]func(*weChatNotification){
		"other data":      func(n *weChatNotification) { n.Resource.AssociatedData += "x" },
		"other nonce":     func(n *weChatNotification) { n.Resource.Nonce = strings.Repeat("0", 12) },
		"long nonce":      func(n *weChatNotification) { n.Resource.Nonce += "0" },
		"no nonce":        func(n *weChatNotification) { n.Resource.Nonce = "" },
		"short text":      func(n *weChatNotification) { n.Resource.Ciphertext = "AAAA" },
		"no base64":       func(n *weChatNotification) { n.Resource.Ciphertext = "*" },
		"other algorithm": func(n *weChatNotification) { n.Resource.Algorithm = "none" },
	} {
		changed := n
		change(&changed)
		if _, ok := (weChatMapper{keys: [][]byte{[]byte(v.Secrets[0])}}).open(&changed); ok {
			t.Errorf("%s: opened", name)
		}
	}
}

// TestLengthExtension makes, without the token, a signature that the vendor's
// scheme takes for good, and shows that the body it is for is none.
func TestLengthExtension(t *testing.T) {
	v := read(t, "testdata/coze/message-answer.json")
	s := newSender(t, "coze", v.config())
	h := v.header()
	sum, err := hex.DecodeString(h.Get(cozeSignature))
	if err != nil {
		t.Fatal(err)
	}
	signed := len(h.Get(cozeTimestamp)) + len(h.Get(cozeNonce)) + len(v.Secrets[0]) + len(v.Body)
	glue := []byte{0x80}
	for (signed+len(glue))%sha1.BlockSize != sha1.BlockSize-8 {
		glue = append(glue, 0)
	}
	glue = binary.BigEndian.AppendUint64(glue, uint64(signed)*8)
	state := append([]byte("sha\x01"), sum...)
	state = append(state, make([]byte, sha1.BlockSize)...)
	state = binary.BigEndian.AppendUint64(state, uint64(signed+len(glue)))
	longer := sha1.New()
	if err := longer.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	suffix := `{"header":{"event_id":"forged"},"event":{}}`
	longer.Write([]byte(suffix))
	h.Set(cozeSignature, hex.EncodeToString(longer.Sum(nil)))
	d := v.delivery()
	d.Body = []byte(v.Body + string(glue) + suffix)
	if err := prove(s, h, string(d.Body)); err != nil {
		t.Fatalf("the forgery is not even one: %v", err)
	}
	if m := s.Map(d); m.Refused() != "not json" {
		t.Errorf("the forged body was taken: %+v", m)
	}
}

func TestCozeNonceIsNoReplayKey(t *testing.T) {
	v := read(t, "testdata/coze/message-answer.json")
	s := newSender(t, "coze", v.config())
	h := v.header()
	h.Set(cozeNonce, "another")
	failsAt(t, "other nonce", prove(s, h, v.Body), StepSignature)

	for name, at := range map[string]string{"9 digits": "180000000", "11 digits": "18000000001", "sign": "+180000000", "hex": "0x18000000"} {
		h := v.header()
		h.Set(cozeTimestamp, at)
		failsAt(t, name, prove(s, h, v.Body), StepHeaders)
	}

	// The border between time and nonce is not signed: moved by three digits,
	// seconds become milliseconds. The event's id is still the same.
	sum := cozeSum("1800000000", "123xyz", []byte(v.Secrets[0]), []byte(v.Body))
	for at, nonce := range map[string]string{"1800000000": "123xyz", "1800000000123": "xyz"} {
		h := http.Header{cozeTimestamp: {at}, cozeNonce: {nonce}, cozeSignature: {sum}}
		if err := prove(s, h, v.Body); err != nil {
			t.Error(at, err)
		}
	}
}

func TestBoundTokens(t *testing.T) {
	v := read(t, "testdata/jwt/bound.json")
	loose := v.config()
	loose.Options = nil
	failsAt(t, "other body", prove(newSender(t, "jwt", loose), v.header(), v.Body+" "), StepBound) // a claim counts wherever it is
	unbound := read(t, "testdata/jwt/seed.json")
	cfg := unbound.config()
	cfg.Options = map[string]string{optBound: "true"}
	failsAt(t, "unbound", prove(newSender(t, "jwt", cfg), unbound.header(), unbound.Body), StepBound)
	for _, claim := range []string{`"x"`, `1`, `"` + strings.Repeat("0", 63) + `"`, `"` + strings.Repeat("g", 64) + `"`} {
		h := http.Header{"Authorization": {"Bearer " + signed([]byte(v.Secrets[0]), hs256, `{"exp":1800000060,"body_sha256":`+claim+`}`)}}
		failsAt(t, claim, prove(newSender(t, "jwt", loose), h, v.Body), StepToken)
	}
	failsAt(t, "none", prove(newSender(t, "jwt", loose), http.Header{}, v.Body), StepHeaders)
}

func TestWeChatPayNamesTheStep(t *testing.T) {
	v := read(t, "testdata/wechatpay/payment.json")
	s := newSender(t, "wechatpay", v.config())
	for header, values := range map[string]map[string]Step{
		"Wechatpay-Serial":         {"5157f09efdc096": StepKey, "": StepHeaders},
		"Wechatpay-Nonce":          {"x": StepSignature, "x\ny": StepHeaders},
		"Wechatpay-Timestamp":      {"1800000001": StepSignature, "1799999699": StepFreshness, "x": StepHeaders},
		"Wechatpay-Signature":      {"WECHATPAY/SIGNTEST/AAAA": StepSignature, "AAAA": StepSignature},
		"Wechatpay-Signature-Type": {"WECHATPAY2-SM2-WITH-SM3": StepHeaders},
	} {
		for value, step := range values {
			h := v.header()
			h.Set(header, value)
			failsAt(t, header+" "+value, prove(s, h, v.Body), step)
		}
	}
}

func TestWebhookHeadersAreNotMixed(t *testing.T) {
	v := read(t, "testdata/standard-webhooks/svix.json")
	s := newSender(t, "standard-webhooks", v.config())
	h := v.header()
	h.Set("Webhook-Signature", "v1,AAAA")
	failsAt(t, "mixture", prove(s, h, v.Body), StepHeaders)
	h = v.header()
	h.Set("Svix-Signature", strings.Repeat("v1,AAAA ", maxSignatures)+h.Get("Svix-Signature"))
	failsAt(t, "too many", prove(s, h, v.Body), StepSignature)
	h.Set("Svix-Signature", "v1a,AAAA v2,AAAA")
	failsAt(t, "other versions", prove(s, h, v.Body), StepHeaders)
}

func TestWooPing(t *testing.T) {
	s := newSender(t, "woocommerce", Config{Secrets: []string{"secret"}})
	for body, good := range map[string]bool{
		"webhook_id=5": true, "webhook_id=": false, "webhook_id=5x": false, "webhook_id=5&a=b": false, "": false,
		"webhook_id=000000000000000000001": false, `{"id":1}`: false, " webhook_id=5": false,
	} {
		err := prove(s, http.Header{}, body)
		if (err == nil) != good {
			t.Errorf("%q: %v", body, err)
		}
		if !good {
			failsAt(t, body, err, StepHeaders)
		}
		h := http.Header{wooSignature: {"AAAA"}}
		failsAt(t, "with a signature", prove(s, h, body), StepSignature)
	}
}

// TestSign has every kind prove what it can make.
func TestSign(t *testing.T) {
	pay := read(t, "testdata/wechatpay/payment.json")
	for kind, cfg := range map[string]Config{
		"jwt":               {Secrets: []string{string(secret), string(another)}},
		"coze":              {Secrets: []string{"t"}},
		"standard-webhooks": {Secrets: []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}},
		"shopify":           {Secrets: []string{"s", "t"}},
		"woocommerce":       {Secrets: []string{"a&amp;b"}},
		"generic":           {Secrets: []string{string(secret)}, Options: map[string]string{optTimestampHeader: "X-Time"}},
		"wechatpay":         {Secrets: pay.Secrets, Options: map[string]string{optPrivateKey: newPrivateKey(t), optSerial: "1"}},
	} {
		s := newSender(t, kind, cfg)
		h := http.Header{}
		if err := s.Sign(h, []byte("{}")); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if err := prove(s, h, "{}"); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if err := prove(s, h, "{ }"); !errors.Is(err, ErrInvalidToken) {
			t.Errorf("%s: another body was taken", kind)
		}
	}
	s := newSender(t, "wechatpay", pay.config())
	if err := s.Sign(http.Header{}, nil); err == nil || !strings.Contains(err.Error(), optPrivateKey) {
		t.Error(err)
	}
}

func TestConfigErrorsNameTheSetting(t *testing.T) {
	long := strings.Repeat("x", 32)
	for _, c := range []struct {
		kind string
		cfg  Config
		want string
	}{
		{"chatwoot", Config{Secrets: []string{long}}, "kind:"},
		{"coze", Config{}, "secrets:"},
		{"coze", Config{Secrets: []string{"a", "b", "c"}}, "secrets:"},
		{"coze", Config{Secrets: []string{""}}, "secrets:"},
		{"coze", Config{Secrets: []string{"a"}, Options: map[string]string{"x": "y"}}, "options.x:"},
		{"coze", Config{Secrets: []string{"a"}, Keys: map[string]string{"x": "y"}}, "keys:"},
		{"jwt", Config{Secrets: []string{""}}, "secrets:"},
		{"jwt", Config{Secrets: []string{long}, Options: map[string]string{optBound: "yes"}}, "options.bound:"},
		{"standard-webhooks", Config{Secrets: []string{"whsec_AAAA"}}, "secrets[0]:"},
		{"standard-webhooks", Config{Secrets: []string{"whsec_***"}}, "secrets[0]:"},
		{"generic", Config{Secrets: []string{"short"}}, "secrets[0]:"},
		{"generic", Config{Secrets: []string{long}, Options: map[string]string{optNumbered: "x"}}, "options.numbered:"},
		{"generic", Config{Secrets: []string{long}, Options: map[string]string{optTimestampHeader: "x-signature"}}, "options.timestamp_header:"},
		{"wechatpay", Config{Secrets: []string{"short"}}, "secrets[0]:"},
		{"wechatpay", Config{Secrets: []string{long + "x"}}, "secrets[0]:"},
		{"wechatpay", Config{Secrets: []string{long}}, "keys:"},
		{"wechatpay", Config{Secrets: []string{long}, Keys: map[string]string{"A1": "no PEM"}}, "keys.A1:"},
		{"wechatpay", Config{Secrets: []string{long}, Options: map[string]string{optPrivateKey: "no PEM"}}, "options.private_key:"},
	} {
		c.cfg.Now = now
		if _, err := New(c.kind, c.cfg); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), long) {
			t.Errorf("%s: %v, want %s", c.kind, err, c.want)
		}
	}
}

// TestNumberedWithinConversations has two shoppers' first messages apart.
func TestNumberedWithinConversations(t *testing.T) {
	s := newSender(t, "generic", Config{Secrets: []string{string(secret)}, Options: map[string]string{optNumbered: numberedByConv}})
	body := `{"type":"message","event_id":1,"user_id":"u","conv_id":"c7","from":"user","text":"hi"}
{"type":"behavior","event_id":2,"user_id":"u","conv_id":"c7","name":"page_view"}`
	m := s.Map(ingest.Delivery{Body: []byte(body), Arrival: start, Grant: ingest.Grant{Shop: "s"}, MaxEvents: 10})
	if len(m.Items) != 2 || m.Items[0].Event.ID != "c7:1" || m.Items[1].Event.ID != "2" {
		t.Errorf("%+v", m)
	}
}

// TestMessageIDStandsIn names events that have no id of their own.
func TestMessageIDStandsIn(t *testing.T) {
	s := newSender(t, "standard-webhooks", Config{Secrets: []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}})
	ids := func(body string) (ids []string) {
		m := s.Map(ingest.Delivery{Header: http.Header{"Webhook-Id": {"msg_1"}}, Body: []byte(body), Arrival: start, Grant: ingest.Grant{Shop: "s"}, MaxEvents: 2})
		for i := range m.Items {
			ids = append(ids, m.Items[i].Event.ID)
		}
		return append(ids, m.Ignored, m.Refused())
	}
	const b = `{"type":"behavior","user_id":"u","name":"page_view"}`
	for body, want := range map[string]string{
		b: "msg_1,,", "[" + b + "," + b + "]": "msg_1#0,msg_1#1,,", "[]": "the body holds no event,",
		"[" + b + "," + b + "," + b + "]": ",too many events", "{": ",not json",
	} {
		if got := strings.Join(ids(body), ","); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}
