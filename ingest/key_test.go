package ingest

import (
	"net/http"
	"strings"
	"testing"
)

func TestBearer(t *testing.T) {
	f := func(want string, values ...string) {
		t.Helper()
		if got := Bearer(http.Header{"Authorization": values}); got != want {
			t.Errorf("%q: %q", values, got)
		}
	}
	f("a", "Bearer a")
	f("b", "bearer b")
	f("", "Basic a")
	f("", "Bearer")
	f("")
	f("", "Bearer a", "Bearer b")
}

func TestKeys(t *testing.T) {
	keys, err := NewKeys([]Key{{Secret: "all", AllShops: true}, {Secret: "one", Shops: []string{"s"}}, {Secret: "two", Shops: []string{"s", "t"}}})
	if err != nil {
		t.Fatal(err)
	}
	f := func(token, shop string, found, allowed bool, own string) {
		t.Helper()
		k := keys.find(http.Header{"Authorization": {"Bearer " + token}})
		if (k != nil) != found || found && (k.allows(shop) != allowed || k.shop() != own) {
			t.Errorf("%s for %s: %+v", token, shop, k)
		}
	}
	f("all", "x", true, true, "")
	f("one", "s", true, true, "s")
	f("one", "t", true, false, "s")
	f("two", "t", true, true, "")
	f("two", "x", true, false, "")
	f("on", "s", false, false, "")
	f("", "s", false, false, "")
}

func TestKeysReportEveryProblem(t *testing.T) {
	_, err := NewKeys([]Key{{Secret: "", AllShops: true}, {Secret: "a"}, {Secret: "a", AllShops: true}, {Secret: "b", AllShops: true, Shops: []string{"s"}}})
	for _, want := range []string{"api_keys[0].secret", "api_keys[1].shops", "api_keys[2].secret", "api_keys[3].shops"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
	if _, err := NewKeys(nil); err == nil || !strings.Contains(err.Error(), "ASKBUY_API_KEY") {
		t.Error(err)
	}
}

func TestConfigReportsEveryProblem(t *testing.T) {
	err := Config{MaxBody: 5}.Validate()
	for _, field := range []string{"ack_timeout", "retry_after", "max_batch", "max_held_bytes"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not in %v", field, err)
		}
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}
