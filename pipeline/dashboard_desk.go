package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/reply/handoffs"
	"askbuy/reply/knowledge"
	"askbuy/web"
)

// replyDesk is what /v1/handoffs and /v1/knowledge do, for the dashboard: it
// asks this process's own door, so that a person at the dashboard and a program
// with a key go the same way.
type replyDesk struct {
	url, key string
	client   *http.Client
}

// newReplyDesk is nil where this process does not have role reply.
func newReplyDesk(w wiring, d *doors) web.Desk {
	if d.public == nil || !w.config.Has(RoleReply) {
		return nil
	}
	return &replyDesk{url: "http://" + d.public.Addr().String(), key: w.secrets.api, client: &http.Client{Timeout: 10 * time.Second}}
}

// maxDeskPages bounds how much of a list is read.
const maxDeskPages = 20

func (d *replyDesk) Handoffs(ctx context.Context, shop string) ([]web.Handoff, error) {
	var all []web.Handoff
	for after, n := "", 0; n < maxDeskPages; n++ {
		var page struct {
			Handoffs []handoffs.Package `json:"handoffs"`
			Next     string             `json:"next"`
		}
		if err := d.call(ctx, http.MethodGet, "/v1/handoffs", url.Values{"shop_id": {shop}, "after": {after}, "limit": {"500"}}, nil, &page); err != nil {
			return nil, err
		}
		for _, p := range page.Handoffs {
			all = append(all, handoffOf(p))
		}
		if after = page.Next; after == "" {
			break
		}
	}
	return all, nil
}

func handoffOf(p handoffs.Package) web.Handoff {
	h := web.Handoff{
		ID: p.HandoffID, Shop: p.ShopID, User: p.UserID, Conv: p.ConvID, Reason: string(p.Reason), State: string(p.State), Segment: p.Segment, Intent: p.Intent, Agent: p.Agent,
		Profile: p.Profile, BuyScore: p.BuyScore, RequestedAt: atMilli(p.RequestedAt), TakenAt: atMilli(p.TakenAt), EndsAt: atMilli(p.ClosedAt),
	}
	for _, m := range p.Messages {
		h.Last = append(h.Last, web.Said{From: string(m.From), Text: m.Text, At: atMilli(m.TS)})
	}
	return h
}

// atMilli is a time; of 0 there is none.
func atMilli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func (d *replyDesk) Take(ctx context.Context, shop, user, conv, agent string) (handoff string, err error) {
	var taken handoffs.Package
	err = d.call(ctx, http.MethodPost, "/v1/handoffs", nil, map[string]string{"shop_id": shop, "user_id": user, "conv_id": conv, "agent": agent}, &taken)
	return taken.HandoffID, err
}

func (d *replyDesk) Say(ctx context.Context, handoff, text, message, agent string) error {
	return d.call(ctx, http.MethodPost, "/v1/handoffs/"+url.PathEscape(handoff)+"/messages", nil, map[string]string{"text": text, "message_id": message, "agent": agent}, nil)
}

func (d *replyDesk) GiveBack(ctx context.Context, handoff, agent string) error {
	return d.call(ctx, http.MethodPost, "/v1/handoffs/"+url.PathEscape(handoff)+"/close", nil, map[string]string{"agent": agent}, nil)
}

func (d *replyDesk) Unanswered(ctx context.Context, shop string) ([]web.Unanswered, int64, error) {
	var said struct {
		Questions []knowledge.Question `json:"questions"`
		Total     int64                `json:"total"`
	}
	if err := d.call(ctx, http.MethodGet, "/v1/knowledge", url.Values{"state": {"pending"}, "shop_id": {shop}}, nil, &said); err != nil {
		return nil, 0, err
	}
	list := make([]web.Unanswered, len(said.Questions))
	for i, q := range said.Questions {
		list[i] = web.Unanswered{ID: q.ID, Shop: q.ShopID, Text: q.Text, Language: q.Language, Wordings: q.Wordings, Asked: int64(q.Asked), First: atMilli(q.First), Last: atMilli(q.Last)}
		if n := q.Nearest; n != nil {
			list[i].Near = &web.NearEntry{ID: n.EntryID, Question: n.Question, Answer: n.Answer, Score: n.Score}
		}
	}
	return list, said.Total, nil
}

func (d *replyDesk) Approve(ctx context.Context, question string, a web.Approval) error {
	return d.call(ctx, http.MethodPost, "/v1/knowledge/"+url.PathEscape(question)+"/approve", nil, knowledge.Approval{Answer: a.Answer, EntryID: a.Entry, By: a.By}, nil)
}

func (d *replyDesk) Reject(ctx context.Context, question, by string) error {
	return d.call(ctx, http.MethodPost, "/v1/knowledge/"+url.PathEscape(question)+"/reject", nil, map[string]string{"by": by}, nil)
}

// call makes one request; an answer other than 200 is a *web.Declined.
func (d *replyDesk) call(ctx context.Context, method, path string, query url.Values, body, into any) error {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode request of %s: %w", path, err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, d.url+path+"?"+query.Encode(), bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	r.Header.Set("Authorization", "Bearer "+d.key)
	answer, err := d.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	said, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	if answer.StatusCode != http.StatusOK {
		return declinedBy(answer, said)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(said, into); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return nil
}

// declinedBy reads a problem of RFC 9457.
func declinedBy(answer *http.Response, said []byte) *web.Declined {
	d := &web.Declined{Status: answer.StatusCode}
	var problem struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal(said, &problem); err != nil { // a proxy's, say
		problem.Detail = strings.TrimSpace(string(said[:min(len(said), 200)]))
	}
	d.Code, d.Detail = problem.Code, problem.Detail
	if s, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && s > 0 {
		d.After = time.Duration(s) * time.Second
	}
	return d
}
