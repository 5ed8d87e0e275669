package pipeline

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"
	"testing"
	"time"
)

const sessionSecret = "a secret of thirty-two bytes or more"

// signed is a token made by hand, so that nothing but the standard decides what
// is one.
func signed(alg, claims, secret string) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"`+alg+`","typ":"JWT"}`)) + "." + encode([]byte(claims))
	hashes := map[string]func() hash.Hash{"HS256": sha256.New, "HS512": sha512.New}
	if hashes[alg] == nil {
		return text + "."
	}
	mac := hmac.New(hashes[alg], []byte(secret))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

// unsigned is a token up to its signature.
func unsigned(token string) string { return token[:strings.LastIndexByte(token, '.')+1] }

// A session token is HS256 under the mini program's own secret, and not over;
// anything else speaks for nobody.
func TestSessionTokens(t *testing.T) {
	c := testConfig(t.TempDir())
	c.Reply.Apps = map[string]ReplyApp{"wx1": {Shop: "1024", SessionSecret: sessionSecret}, "wx2": {Shop: "2048"}}
	config, err := c.reply()
	if err != nil {
		t.Fatal(err)
	}
	if config.Apps["wx2"].Session != nil {
		t.Error("without a secret the header is believed")
	}
	verify := config.Apps["wx1"].Session
	claims := func(sub string, in time.Duration) string {
		return fmt.Sprintf(`{"sub":%q,"exp":%d}`, sub, time.Now().Add(in).Unix())
	}
	good := signed("HS256", claims("u", time.Hour), sessionSecret)
	if subject, err := verify(good); err != nil || subject != "u" {
		t.Errorf("a good token: %q, %v", subject, err)
	}
	for name, token := range map[string]string{
		"none":                  "",
		"not a token":           "u",
		"expired":               signed("HS256", claims("u", -time.Hour), sessionSecret),
		"without end":           signed("HS256", `{"sub":"u"}`, sessionSecret),
		"another's secret":      signed("HS256", claims("u", time.Hour), "another secret of thirty-two bytes."),
		"another algorithm":     signed("HS512", claims("u", time.Hour), sessionSecret),
		"algorithm none":        signed("none", claims("u", time.Hour), ""),
		"algorithm None":        signed("None", claims("u", time.Hour), ""),
		"signature taken off":   unsigned(good),
		"claims of another one": unsigned(signed("HS256", claims("v", time.Hour), sessionSecret)) + strings.TrimPrefix(good, unsigned(good)),
	} {
		if subject, err := verify(token); err == nil {
			t.Errorf("%s: it speaks for %q", name, subject)
		}
	}
}
