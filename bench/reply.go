package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Goals of the reply service, on two cores that broker, warehouse and shoppers
// share with it. Every answer waits until its records are acknowledged.
const (
	goalReplies   = 5_500 // a second
	goalReplyLate = 50 * time.Millisecond
)

const (
	shoppers   = 10_000 // with a conversation each
	faqEntries = 500
	// faqAsked is the question of the entry that is asked for.
	faqAsked = "签收以后多少天之内可以无理由退换货,来回的运费由谁来承担"
)

func init() {
	ask := func(b []byte, query string) []byte {
		return append(append(append(b, `{"query":"`...), query...), `"}`...)
	}
	bodies["question asked before"] = func(b []byte, _, _ int64) []byte { return ask(b, faqAsked) }
	bodies["question in new words"] = func(b []byte, id, _ int64) []byte { return ask(b, faqAsked+strconv.FormatInt(id, 36)) }
}

// asShopper writes the headers of one request to /chat. Its message is named,
// so that no two are one another's retry.
func asShopper(b []byte, id, of int64) []byte {
	b = strconv.AppendInt(append(b, "X-WeChat-AppID: wx\r\nX-User-ID: u_"...), id%of, 10)
	b = strconv.AppendInt(append(b, "\r\nX-Message-ID: m_"...), id, 10)
	return append(b, "\r\n"...)
}

// measureReply has shoppers ask an instance that runs role reply alone.
func measureReply(ctx context.Context, s settings) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "askbuy-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := writeFAQ(filepath.Join(dir, "data")); err != nil {
		return nil, err
	}
	i, err := startInstance(ctx, s.Binary, dir, "--roles", "reply")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, i.stop()) }()
	c := &contest{settings: s}
	at := handler{addr: strings.TrimPrefix(i.at.HTTP, "http://"), pid: i.cmd.Process.Pid}
	for _, kind := range []string{"question asked before", "question in new words"} {
		if _, err := i.route(ctx, faqAsked); err != nil { // it is known from here on
			return nil, err
		}
		route, err := i.route(ctx, map[string]string{"question asked before": faqAsked, "question in new words": faqAsked + "zz"}[kind])
		if err != nil {
			return nil, err
		}
		var turns []turn
		for range s.Rounds {
			t, err := c.shoppersTurn(ctx, at, kind)
			if err != nil {
				return nil, err
			}
			turns = append(turns, t)
		}
		rows = append(rows, replyRow(s, kind, route, turns))
	}
	return rows, nil
}

func replyRow(s settings, kind, route string, turns []turn) row {
	rate, late := median(turns, turn.perSecond), time.Duration(median(turns, func(t turn) float64 { return float64(t.P99) }))
	r := row{
		what: fmt.Sprintf("/chat, %s (route %s), %d connections", kind, route, s.Conns),
		goal: fmt.Sprintf(">= %d/s, p99 < %s", goalReplies, goalReplyLate),
		measured: fmt.Sprintf("%.0f/s, %.1f us CPU, p50 %s, p99 %s", rate, median(turns, turn.microseconds),
			time.Duration(median(turns, func(t turn) float64 { return float64(t.P50) })).Round(time.Microsecond), late.Round(time.Microsecond)),
		met: rate >= goalReplies && late < goalReplyLate,
	}
	return r
}

// shoppersTurn has shoppers ask. They are kept to one core; the instance has
// both, as the goal is for the two together.
func (c *contest) shoppersTurn(ctx context.Context, at handler, kind string) (t turn, err error) {
	return c.load(ctx, plan{Addr: at.addr, Path: "/chat", Body: kind, Server: at.pid, Shoppers: shoppers})
}

// route asks a question and says which step answered.
func (i *instance) route(ctx context.Context, query string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, i.at.HTTP+"/chat", strings.NewReader(`{"query":"`+query+`"}`))
	if err != nil {
		return "", err
	}
	r.Header.Set("X-WeChat-AppID", "wx")
	r.Header.Set("X-User-ID", "first-"+strconv.FormatInt(time.Now().UnixNano(), 36))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }() // nothing is lost with it
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("/chat answers %s", answer.Status)
	}
	return answer.Header.Get("X-Reply-Route"), nil
}

// writeFAQ gives a shop as many entries as a great one has.
func writeFAQ(dir string) error {
	type entry struct {
		ID        string   `json:"id"`
		Questions []string `json:"questions"`
		Answer    string   `json:"answer"`
		Language  string   `json:"lang"`
	}
	entries := []entry{{"asked", []string{faqAsked}, "签收七天内可以无理由退换,质量问题由我们承担运费。", "zh"}}
	topics := []string{"发票", "尺码", "优惠券", "快递", "保修", "材质", "颜色", "赠品", "会员", "积分"}
	for n := len(entries); n < faqEntries; n++ {
		entries = append(entries, entry{fmt.Sprint("e", n), []string{fmt.Sprintf("第%d款商品的%s是怎么规定的", n, topics[n%len(topics)])}, "请看商品页的说明。", "zh"})
	}
	b, err := json.Marshal(entries)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "faq.json"), b, 0o600)
}
