//go:build unix && !noembed

package embedded

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSetReaders grants, conditions and revokes on a server that is watched.
func TestSetReaders(t *testing.T) {
	e := startEngine(t, testOptions(t.TempDir()))
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx) }()
	mustAsk(t, e, "CREATE DATABASE shop")
	mustAsk(t, e, "CREATE TABLE shop.t (shop_id String, n UInt8) ENGINE = MergeTree ORDER BY shop_id AS SELECT ['a', 'b'][number % 2 + 1], number FROM numbers(10)")
	acme := Reader{Name: "acme", Hash: Hash("pw"), Grants: []string{"GRANT SELECT(shop_id) ON shop.t"}, Rows: map[string]string{"shop.t": "shop_id IN ('a', '<&>')"}, Queries: 1}
	address := e.HTTPAddr()
	if err := e.SetReaders(t.Context(), []Reader{acme}); err != nil {
		t.Fatal(err)
	}
	if e.HTTPAddr() != address {
		t.Errorf("the server moved from %s to %s", address, e.HTTPAddr())
	}
	for _, want := range []struct{ user, password, query, answer string }{
		{"acme", "pw", "SELECT groupUniqArray(shop_id), count() FROM shop.t", "['a']\t5"},
		{"acme", "pw", "SELECT n FROM shop.t", "ACCESS_DENIED"},
		{"acme", "pw", "SELECT shop_id FROM shop.t", "QUOTA_EXCEEDED"},
		{BIUser, biPassword, "SELECT 1", "AUTHENTICATION_FAILED"}, // was there before
	} {
		if _, got := ask(t, e, want.user, want.password, want.query); !strings.Contains(got, want.answer) {
			t.Errorf("%s: %s = %s, want %s", want.user, want.query, got, want.answer)
		}
	}
	if err := e.SetReaders(t.Context(), []Reader{{Name: "default"}}); err == nil {
		t.Error("a reader takes the place of another user")
	}
	acme.Grants = []string{"GRANT NONSENSE ON shop.*"}
	if err := e.SetReaders(t.Context(), []Reader{acme}); err == nil {
		t.Error("nonsense was granted")
	}
	for deadline := time.Now().Add(startLimit); ; { // Run brings it back with the readers that it knew
		if status, _ := ask(t, e, ServiceUser, servicePassword, "SELECT count() FROM shop.t"); status == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not come back")
		}
	}
	stop()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if err := e.SetReaders(t.Context(), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
