package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hook is a vendor's request from the vectors of ingest/sender, as files.
type hook struct {
	Now     int64             `json:"now"`
	Secrets []string          `json:"secrets"`
	Keys    map[string]string `json:"keys"`
	Options map[string]string `json:"options"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	args    []string
}

// kept lays the vector's request into files, as an operator would.
func kept(t *testing.T, kind, name string) hook {
	t.Helper()
	content, err := os.ReadFile("../../ingest/sender/testdata/" + kind + "/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var h hook
	if err := json.Unmarshal(content, &h); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	headers := "POST /hooks/x HTTP/1.1\r\n"
	for key, value := range h.Headers {
		headers += key + ": " + value + "\r\n"
	}
	write(t, filepath.Join(dir, "headers"), headers+"\r\n")
	write(t, filepath.Join(dir, "body"), h.Body)
	h.args = []string{"--kind", kind, "--file", filepath.Join(dir, "body"), "--at", time.Unix(h.Now, 0).UTC().Format(time.RFC3339)}
	for i, secret := range h.Secrets {
		path := filepath.Join(dir, "secret"+string(rune('0'+i)))
		write(t, path, secret+"\n")
		h.args = append(h.args, "--secret", "@"+path)
	}
	for serial, pem := range h.Keys {
		write(t, filepath.Join(dir, "key.pem"), pem)
		h.args = append(h.args, "--public-key", serial+"="+filepath.Join(dir, "key.pem"))
	}
	for key, value := range h.Options {
		h.args = append(h.args, "--option", key+"="+value)
	}
	return h
}

func (h hook) headers() string {
	return filepath.Join(filepath.Dir(h.args[3]), "headers")
}

func said(t *testing.T, code int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if got := run(t.Context(), args, nil, &out, &errs); got != code {
		t.Errorf("%v: exit %d, want %d\n%s%s", args, got, code, &out, &errs)
	}
	return out.String() + errs.String()
}

// TestWebhookVerify says of every vendor's request that it is good, and of a
// changed one which step fails.
func TestWebhookVerify(t *testing.T) {
	for _, c := range []struct{ kind, name, failing string }{
		{"coze", "message-answer", "signature"},
		{"generic", "timestamp", "signature"},
		{"jwt", "bound", "bound"},
		{"shopify", "orders-paid", "signature"},
		{"standard-webhooks", "svix", "signature"},
		{"wechatpay", "payment", "signature"},
		{"woocommerce", "order-processing", "signature"},
	} {
		h := kept(t, c.kind, c.name)
		verify := append([]string{"webhook", "verify", "--headers", h.headers()}, h.args...)
		if out := said(t, exitDone, verify...); !strings.Contains(out, "ok   "+c.failing) || !strings.Contains(out, "event: {") || strings.Contains(out, "FAIL") {
			t.Errorf("%s: %s", c.kind, out)
		}
		write(t, h.args[3], h.Body+" ")
		if out := said(t, exitNo, verify...); !strings.Contains(out, "FAIL "+c.failing) {
			t.Errorf("%s: %s", c.kind, out)
		}
	}
}

func TestWebhookVerifyOfTheBody(t *testing.T) {
	h := kept(t, "standard-webhooks", "specification")
	verify := append([]string{"webhook", "verify", "--headers", h.headers()}, h.args...)
	if out := said(t, exitNo, verify...); !strings.Contains(out, "ok   signature") || !strings.Contains(out, "set aside: missing_field: type") {
		t.Error(out)
	}
	h = kept(t, "generic", "github")
	verify = append([]string{"webhook", "verify", "--headers", h.headers()}, h.args...)
	if out := said(t, exitNo, verify...); !strings.Contains(out, "FAIL body") {
		t.Error(out)
	}
	h = kept(t, "coze", "bot-published")
	verify = append([]string{"webhook", "verify", "--headers", h.headers()}, h.args...)
	if out := said(t, exitDone, verify...); !strings.Contains(out, "ignored: ") {
		t.Error(out)
	}
}

// TestWebhookSign prints what verify takes.
func TestWebhookSign(t *testing.T) {
	h := kept(t, "standard-webhooks", "library")
	signed := said(t, exitDone, append([]string{"webhook", "sign"}, h.args...)...)
	write(t, h.headers(), signed)
	if out := said(t, exitDone, append([]string{"webhook", "verify", "--headers", h.headers()}, h.args...)...); !strings.Contains(out, `"event_id":"m1"`) {
		t.Error(out)
	}
}

// TestWebhookOfASource takes kind and secrets from the configuration.
func TestWebhookOfASource(t *testing.T) {
	h := kept(t, "shopify", "orders-paid")
	config := filepath.Join(t.TempDir(), "askbuy.yaml")
	write(t, config, `sources: [{name: mall, kind: shopify, secrets: [hush], shop: "1024"}]`)
	args := []string{"--config", config, "webhook", "verify", "--file", h.args[3], "--headers", h.headers(), "--at", h.args[5], "--source"}
	if out := said(t, exitDone, append(args, "mall")...); !strings.Contains(out, `"shop_id":"1024"`) {
		t.Error(out)
	}
	if out := said(t, exitUsage, append(args, "nobody")...); !strings.Contains(out, "--source") {
		t.Error(out)
	}
}

func TestWebhookUsage(t *testing.T) {
	h := kept(t, "coze", "message-answer")
	for want, args := range map[string][]string{
		"--kind or --source": {"webhook", "sign", "--file", h.args[3]},
		"kind:":              {"webhook", "sign", "--file", h.args[3], "--kind", "nope", "--secret", "x"},
		"secrets:":           {"webhook", "sign", "--file", h.args[3], "--kind", "coze"},
		"--at":               {"webhook", "sign", "--file", h.args[3], "--kind", "coze", "--secret", "x", "--at", "now"},
		"no such file":       {"webhook", "sign", "--file", h.args[3] + "x", "--kind", "coze", "--secret", "x"},
	} {
		if out := said(t, exitUsage, args...); !strings.Contains(out, want) {
			t.Errorf("%v: %s", args, out)
		}
	}
}

// TestSourcesAreRedacted shows where secrets lie, and none of them.
func TestSourcesAreRedacted(t *testing.T) {
	config := filepath.Join(t.TempDir(), "askbuy.yaml")
	write(t, config, `sources: [{name: mall, kind: shopify, secrets: [hidden1, "hidden2, too"], secret_env: MALL_SECRET, shop: "1024"},
  {name: pay, kind: wechatpay, secrets: [hidden-hidden-hidden-hidden-hide], shop: "1024", options: {private_key: hidden}, keys: {"51": /nowhere.pem}}]`)
	out := said(t, exitDone, "--config", config, "config", "print", "--redact")
	if strings.Contains(out, "hidden") || !strings.Contains(out, "MALL_SECRET") || !strings.Contains(out, "/nowhere.pem") {
		t.Error(out)
	}
	if out := said(t, exitUsage, "--config", config, "config", "check"); !strings.Contains(out, "MALL_SECRET") {
		t.Error(out)
	}
}
