package llm

import (
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"go.uber.org/goleak"

	"askbuy/reply/llm/llmtest"
)

func TestMain(m *testing.M) {
	llmtest.Main()
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// endpoint is the test's own server, or a real one that the environment names.
func endpoint(t testing.TB) (url, model, key string, own bool) {
	t.Helper()
	if url := os.Getenv("ASKBUY_TEST_LLM_URL"); url != "" {
		return url, os.Getenv("ASKBUY_TEST_LLM_MODEL"), os.Getenv("ASKBUY_TEST_LLM_KEY"), false
	}
	return llmtest.Start(t) + "/v1", "good", "", true
}

func open(t testing.TB, c Config) *Client {
	t.Helper()
	client, err := New(c, nil, nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func fetch(t testing.TB, url string, into any) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
