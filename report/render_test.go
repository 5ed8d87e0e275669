package report

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/schemas/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sampleFunnel() *FunnelReport {
	b := funnelBuilder{days: map[string]*FunnelRow{}, intents: map[string]*FunnelRow{}}
	add := func(day, intent string, c Counts, a Amount, answered, closed, settled int64) {
		for _, row := range b.rows(day, intent) {
			row.Counts.add(c)
			row.addAmount(a)
			row.answered, row.closed, row.settled = row.answered+answered, row.closed+closed, row.settled+settled
		}
	}
	add("2026-06-01", "coupon_query", Counts{400, 390, 120, 150, 110, 100, 1, 95, 0}, Amount{"CNY", 3228000, 2990050}, 398, 398, 300)
	add("2026-06-01", "price_query", Counts{50, 44, 9, 12, 9, 8, 0, 8, 1}, Amount{"USD", 10000, 10000}, 50, 50, 50)
	add("2026-06-02", "coupon_query", Counts{30, 12, 2, 3, 1, 2, 0, 1, 0}, Amount{"CNY", 26900, 0}, 30, 12, 0)
	add("2026-06-02", "", Counts{Conversations: 3}, Amount{"", 0, 0}, 0, 0, 0)
	return b.report(Filter{Shop: "1024", From: "2026-06-01", To: "2026-06-02"})
}

func sampleAttribution() *AttributionReport {
	row := func(key string, credit float64, gross event.Money) AttributionRow {
		return AttributionRow{Key: key, Currency: "CNY", Orders: 7, OtherCurrencyOrders: 1, Credit: credit, Gross: gross, Net: gross - 5000}
	}
	return &AttributionReport{
		Model: "linear", WindowHours: 72, Orders: 12, Unattributed: 4, ExplicitUnmatched: 1,
		Total:    []AttributionRow{row("", 7, 188300)},
		Intents:  []AttributionRow{row("coupon_query", 4.5, 121050), row("", 2.5, 67250)},
		Channels: []AttributionRow{row("小程序", 7, 188300)},
		Top: []TopConversation{
			{ShopID: "1024", ConvID: "=HYPERLINK(1)", UserID: "u\x1b[31m1", Intent: "coupon_query", Channel: "小程序", AttributionRow: row("", 1, 26900)},
			{ShopID: "1024", ConvID: "会话2", UserID: "u2", AttributionRow: row("", 0.5, 13450)},
		},
	}
}

func sampleLedger(unexplained int64) *LedgerReport {
	r := &LedgerReport{SetAside: []SetAside{{"ingest", "bad_field", 4, 6}, {"sink", "conflict", 1, 1}}, NothingLost: unexplained == 0}
	for _, part := range []LedgerPart{
		{"", LedgerRow{"messages.v1", 3 + unexplained, 0, 0, 0, 0, 0, 3, unexplained}},
		{"", LedgerRow{Topic: "orders.v1"}},
		{"coze", LedgerRow{"messages.v1", 70, 63, 5, 1, 1, 0, 0, 0}},
		{"events", LedgerRow{"messages.v1", 35, 32, 3, 0, 0, 0, 0, 0}},
		{"events", LedgerRow{"orders.v1", 20, 20, 0, 0, 0, 0, 0, 0}},
	} {
		r.add(part)
	}
	return r
}

func sampleLetters() *DeadLettersReport {
	at := time.Date(2026, 6, 1, 12, 0, 0, 5e6, time.UTC)
	letter := func(id, topic string, l DeadLetter) DeadLetter {
		l.ID, l.ReceivedAt, l.First = id, at, Place{Topic: topic, Partition: 2, Offset: 7}
		l.Topic, l.Partition, l.Offset = topic, 2, 7
		return l
	}
	return &DeadLettersReport{
		Reasons: []SetAside{{"ingest", "future_ts", 2, 5}, {"sink", "conflict", 1, 1}}, Total: SetAside{Letters: 3, Deliveries: 6},
		Letters: []DeadLetter{
			letter("00aa", "deadletters.v1", DeadLetter{Deliveries: 4, Stage: "ingest", Reason: "future_ts", Source: "events", ShopID: "1024", Type: "order",
				EventID: "=1+1\x1b[2J", Detail: "ts: more than 5 minutes ahead"}),
			letter("00bb", "messages.v1", DeadLetter{Deliveries: 1, Stage: "sink", Reason: "conflict", Source: "coze", Detail: "event_id: another event"}),
		},
	}
}

func sampleDiff() *Diff {
	return &Diff{Rows: 2, Differences: []Difference{{"touches", "1024", "u1", "o1", "differs", "(1)", "(2)"}}, Shoppers: []event.Shopper{{ShopID: "1024", UserID: "u1"}}}
}

func TestGolden(t *testing.T) {
	for name, r := range map[string]renderable{
		"funnel": sampleFunnel(), "funnel-empty": (&funnelBuilder{}).report(Filter{}), "attribution": sampleAttribution(),
		"ledger": sampleLedger(0), "ledger-lost": sampleLedger(2), "diff": sampleDiff(), "diff-empty": &Diff{},
		"claims": sampleClaims(), "claims-empty": &ClaimsReport{Days: []ClaimRow{}, Shops: []ClaimRow{}, Reasons: []ReasonCount{}},
		"score": sampleScore(), "score-empty": &ScoreReport{Models: []Quality{}, Shops: []Quality{}, Days: []Quality{}, Prefixes: []Quality{}, Reliability: []Bin{}, Thresholds: []AtThreshold{}},
		"deadletters": sampleLetters(), "deadletters-empty": &DeadLettersReport{Reasons: []SetAside{}, Letters: []DeadLetter{}},
	} {
		for _, as := range []struct {
			format Format
			lang   Lang
			ending string
		}{{Text, English, ".en.txt"}, {Text, Chinese, ".zh.txt"}, {JSON, English, ".json"}, {CSV, English, ".csv"}} {
			var got bytes.Buffer
			if err := Write(&got, r, as.format, as.lang); err != nil {
				t.Fatal(err)
			}
			golden(t, name+as.ending, got.Bytes())
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestWriteKnowsItsFormats(t *testing.T) {
	for _, err := range []error{
		Write(&bytes.Buffer{}, &Diff{}, "yaml", English),
		Write(&bytes.Buffer{}, &Diff{}, Text, "fr"),
	} {
		if err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("got %v, want what there is", err)
		}
	}
}

func TestInert(t *testing.T) {
	for cell, want := range map[string]string{"": "", "c1": "c1", "-5": "-5", "-1.5": "-1.5", "=1+1": "'=1+1", "@x": "'@x", "-cmd": "'-cmd", "+86 1": "'+86 1"} {
		if got := inert(cell); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

// broken is a warehouse that does not answer as it should.
type broken struct {
	rows [][]any
	err  error
}

func (b broken) Query(context.Context, string, map[string]any, ...clickhouse.Settings) ([]string, []string, [][]any, error) {
	return nil, nil, b.rows, b.err
}

func TestBadAnswersAreErrors(t *testing.T) {
	away := errors.New("away")
	for _, db := range []broken{{err: away}, {rows: [][]any{{}}}, {rows: [][]any{{1.5, "x"}}}} {
		_, funnel := Funnel(t.Context(), db, Filter{})
		_, attribution := Attribution(t.Context(), db, "linear", 72, Filter{})
		_, ledger := Ledger(t.Context(), db)
		_, letters := DeadLetters(t.Context(), db, LetterFilter{Limit: 1})
		_, score := Score(t.Context(), db, ScoreFilter{})
		_, claims := Claims(t.Context(), db, Filter{})
		for _, err := range []error{funnel, attribution, ledger, letters, score, claims} {
			if err == nil || db.err != nil && !errors.Is(err, away) {
				t.Errorf("%+v: got %v", db, err)
			}
		}
	}
}
