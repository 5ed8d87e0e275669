package sender

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var (
	secret  = []byte("0123456789abcdef0123456789abcdef")
	another = []byte("fedcba9876543210fedcba9876543210")
	start   = time.Unix(1_800_000_000, 0)
)

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func signed(key []byte, header, payload string) string {
	input := encode(header) + "." + encode(payload)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const hs256 = `{"alg":"HS256","typ":"JWT"}`

func newJWT(t testing.TB, cfg JWTConfig, now func() time.Time) *JWT {
	t.Helper()
	j, err := NewJWT(cfg, now)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJWT(t *testing.T) {
	cfg := DefaultJWTConfig()
	cfg.Secrets = [][]byte{secret, another}
	j := newJWT(t, cfg, func() time.Time { return start })
	in := func(d time.Duration) int64 { return start.Add(d).Unix() }
	exp := fmt.Sprintf(`"exp":%d`, in(time.Minute))
	good := signed(secret, hs256, "{"+exp+"}")

	ok := func(name, token, shop string) {
		t.Helper()
		for range 2 { // the second time from memory
			if got, err := j.Verify(token); err != nil || got.Shop != shop {
				t.Errorf("%s: %q %v", name, got.Shop, err)
			}
		}
	}
	bad := func(name, token string) {
		t.Helper()
		for range 2 {
			if got, err := j.Verify(token); !errors.Is(err, ErrInvalidToken) || got.Shop != "" {
				t.Errorf("%s: accepted for %q, %v", name, got.Shop, err)
			}
		}
	}
	ok("no shop", good, "")
	ok("shop", signed(secret, hs256, `{"shop_id":"1024",`+exp+`}`), "1024")
	ok("numeric shop", signed(secret, hs256, `{"shop_id":9007199254740993,`+exp+`}`), "9007199254740993")
	ok("null shop", signed(secret, hs256, `{"shop_id":null,`+exp+`}`), "")
	ok("other secret", signed(another, hs256, "{"+exp+"}"), "")
	ok("fraction", signed(secret, hs256, fmt.Sprintf(`{"exp":%d.5}`, in(time.Minute))), "")
	ok("within leeway", signed(secret, hs256, fmt.Sprintf(`{"exp":%d}`, in(-20*time.Second))), "")
	ok("embedded keys are ignored", signed(secret, `{"alg":"HS256","jwk":{"kty":"oct","k":"AA"},"jku":"http://evil","kid":"../../dev/null"}`, "{"+exp+"}"), "")

	bad("empty", "")
	bad("one part", "abc")
	bad("alg none", encode(`{"alg":"none"}`)+"."+encode("{"+exp+"}")+".")
	bad("alg None", encode(`{"alg":"None"}`)+"."+encode("{"+exp+"}")+".")
	bad("alg HS384", signed(secret, `{"alg":"HS384"}`, "{"+exp+"}"))
	bad("alg RS256", signed(secret, `{"alg":"RS256"}`, "{"+exp+"}"))
	bad("no alg", signed(secret, `{"typ":"JWT"}`, "{"+exp+"}"))
	bad("wrong secret", signed([]byte(strings.Repeat("x", 32)), hs256, "{"+exp+"}"))
	bad("no signature", good[:strings.LastIndexByte(good, '.')+1])
	bad("short signature", good[:len(good)-2])
	bad("other payload", strings.Replace(good, encode("{"+exp+"}"), encode(`{"exp":9999999999}`), 1))
	bad("padded", good+"=")
	bad("trailing bits", good[:len(good)-1]+string(good[len(good)-1]+1))
	bad("four parts", good+".x")
	bad("no exp", signed(secret, hs256, `{}`))
	bad("expired", signed(secret, hs256, fmt.Sprintf(`{"exp":%d}`, in(-31*time.Second))))
	bad("exp string", signed(secret, hs256, `{"exp":"9999999999"}`))
	bad("exp null", signed(secret, hs256, `{"exp":null}`))
	bad("exp 1e400", signed(secret, hs256, `{"exp":1e400}`))
	bad("exp 1e30", signed(secret, hs256, `{"exp":1e30}`))
	bad("exp twice", signed(secret, hs256, `{"exp":1,"exp":9999999999}`))
	bad("not yet", signed(secret, hs256, fmt.Sprintf(`{"nbf":%d,"exp":%d}`, in(time.Hour), in(2*time.Hour))))
	bad("issued in the future", signed(secret, hs256, fmt.Sprintf(`{"iat":%d,"exp":%d}`, in(time.Hour), in(2*time.Hour))))
	bad("crit", signed(secret, `{"alg":"HS256","crit":["x"],"x":1}`, "{"+exp+"}"))
	bad("crit empty", signed(secret, `{"alg":"HS256","crit":[]}`, "{"+exp+"}"))
	bad("payload array", signed(secret, hs256, `[]`))
	bad("payload trailing", signed(secret, hs256, "{"+exp+"} x"))
	bad("shop twice", signed(secret, hs256, `{"shop_id":"a","shop_id":"b",`+exp+`}`))
	bad("shop object", signed(secret, hs256, `{"shop_id":{},`+exp+`}`))
	bad("shop fraction", signed(secret, hs256, `{"shop_id":1.5,`+exp+`}`))
	bad("shop too long", signed(secret, hs256, `{"shop_id":"`+strings.Repeat("x", 257)+`",`+exp+`}`))
	bad("dots", strings.Repeat(".", 1<<20))
	bad("too long", strings.Repeat("x", maxToken)+good)
}

func TestRememberedTokensExpire(t *testing.T) {
	now := start
	cfg := DefaultJWTConfig()
	cfg.Secrets = [][]byte{secret}
	j := newJWT(t, cfg, func() time.Time { return now })
	token := signed(secret, hs256, fmt.Sprintf(`{"exp":%d}`, start.Add(time.Minute).Unix()))
	for _, step := range []struct {
		after time.Duration
		good  bool
	}{{0, true}, {89 * time.Second, true}, {90 * time.Second, false}, {time.Hour, false}} {
		now = start.Add(step.after)
		if _, err := j.Verify(token); (err == nil) != step.good {
			t.Errorf("after %v: %v", step.after, err)
		}
	}
}

func TestLenientTakesTokensWithoutExp(t *testing.T) {
	cfg := DefaultJWTConfig()
	cfg.Secrets, cfg.Lenient = [][]byte{secret}, true
	j := newJWT(t, cfg, func() time.Time { return start })
	if _, err := j.Verify(signed(secret, hs256, `{}`)); err != nil {
		t.Error(err)
	}
	if _, err := j.Verify(signed(secret, hs256, `{"exp":1}`)); err == nil {
		t.Error("an expired token was accepted")
	}
}

func TestJWTConfig(t *testing.T) {
	for name, secrets := range map[string][][]byte{"none": nil, "empty": {{}}, "three": {secret, secret, secret}, "second empty": {secret, nil}} {
		if _, err := NewJWT(JWTConfig{Setting: "COZE_SECRET", Secrets: secrets}, time.Now); err == nil || !strings.Contains(err.Error(), "COZE_SECRET") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkVerifyRemembered(b *testing.B) {
	cfg := DefaultJWTConfig()
	cfg.Secrets = [][]byte{secret}
	j := newJWT(b, cfg, func() time.Time { return start })
	token := signed(secret, hs256, fmt.Sprintf(`{"shop_id":"1","exp":%d}`, start.Unix()+60))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.Verify(token); err != nil {
			b.Fatal(err)
		}
	}
}
