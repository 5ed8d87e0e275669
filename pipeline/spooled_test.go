package pipeline

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

func TestAwaitSpool(t *testing.T) {
	var left atomic.Int64
	left.Store(3)
	instance := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# HELP askbuy_spool_records Records.\naskbuy_spool_records_other 7\naskbuy_spool_records %d\n", left.Add(-1))
	}))
	defer instance.Close()
	if err := AwaitSpool(t.Context(), Endpoints{Admin: instance.URL}); err != nil {
		t.Fatal(err)
	}
	if left.Load() != 0 {
		t.Errorf("it waited until %d were left, want 0", left.Load())
	}
}
