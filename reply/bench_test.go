package reply

import (
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"askbuy/models/faq"
)

// A question that the FAQ of a great shop answers, without the way to the
// broker: the room's own share of a request.
func BenchmarkChat(b *testing.B) {
	list := []faq.Entry{returns}
	for n := range 500 {
		list = append(list, faq.Entry{ID: fmt.Sprint("e", n), Questions: []string{fmt.Sprintf("第%d款商品是怎么规定的", n)}, Answer: "请看商品页。", Language: "zh"})
	}
	r := newRig(b, func(_ *Config, d *Deps) {
		d.Accept = func(_, _ time.Time, _ []Sent) error { return nil }
		d.Rungs = []Rung{{Step: FAQ{newFAQ(b, list...)}}}
	})
	var n atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := strconv.FormatInt(n.Add(1), 10)
			q := httptest.NewRequest("POST", "/chat", strings.NewReader(`{"query":"怎么退货"}`))
			q.Header.Set(headerApp, "wx1")
			q.Header.Set(headerUser, "u"+id)
			q.Header.Set(headerMessage, id)
			w := httptest.NewRecorder()
			r.mux.ServeHTTP(w, q)
			if w.Code != 200 || w.Header().Get(headerRoute) != "faq" {
				b.Fatal(w.Code, w.Header())
			}
		}
	})
}
