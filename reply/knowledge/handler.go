package knowledge

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/internal/httpserver"
)

// keys knows for which shops a request speaks; nil: for none.
type keys interface {
	Shops(h http.Header) func(shop string) bool
}

// facts knows what nobody answered.
type facts interface {
	Unanswered(ctx context.Context, shop string) ([]Asked, error)
}

// appender puts records in force.
type appender interface {
	Append(ctx context.Context, records []Record) error
}

// Handler answers /v1/knowledge and /v1/faq.
type Handler struct {
	Set         *Set
	Facts       facts
	Log         appender
	Keys        keys
	DefaultShop string                 // of /v1/faq without shop_id
	Unfit       func(text string) bool // texts that are no questions for a FAQ: attacks and abuse
	Now         func() time.Time
	Slog        *slog.Logger

	writing sync.Mutex // one review at a time sees what the one before it did
}

// Limits of the routes.
const (
	maxFAQBody    = 16 << 20 // bytes
	maxReviewBody = 64 << 10
	pageSize      = 100              // questions
	patience      = 10 * time.Second // for the broker
)

// Register adds the routes.
func (h *Handler) Register(mux *http.ServeMux) {
	for _, r := range []struct {
		path, allow string
		handlers    map[string]func(http.ResponseWriter, *http.Request, func(string) bool) error
	}{
		{"/v1/knowledge", "GET", map[string]func(http.ResponseWriter, *http.Request, func(string) bool) error{"GET": h.list}},
		{"/v1/knowledge/{id}/approve", "POST", map[string]func(http.ResponseWriter, *http.Request, func(string) bool) error{"POST": h.approve}},
		{"/v1/knowledge/{id}/reject", "POST", map[string]func(http.ResponseWriter, *http.Request, func(string) bool) error{"POST": h.reject}},
		{"/v1/faq", "GET, PUT", map[string]func(http.ResponseWriter, *http.Request, func(string) bool) error{"GET": h.export, "PUT": h.replace}},
	} {
		mux.Handle(r.path, httpserver.Handler(h.Slog, func(w http.ResponseWriter, q *http.Request) error {
			f := r.handlers[q.Method]
			if f == nil {
				return httpserver.NotAllowed(r.allow)(w, q)
			}
			speaksFor := h.Keys.Shops(q.Header)
			if speaksFor == nil {
				return httpserver.Problem(http.StatusUnauthorized, "unauthorized", "want Authorization: Bearer <API key>")
			}
			return f(w, q, speaksFor)
		}))
	}
}

func forbidden() error {
	return httpserver.Problem(http.StatusForbidden, "forbidden_shop", "shop_id is not one of the key's")
}

// list answers GET /v1/knowledge?state=&shop_id=&after=.
func (h *Handler) list(w http.ResponseWriter, r *http.Request, speaksFor func(string) bool) error {
	query := r.URL.Query()
	shop, state := query.Get("shop_id"), query.Get("state")
	if shop != "" && !speaksFor(shop) {
		return forbidden()
	}
	if state != "" && state != "pending" {
		return httpserver.Problem(http.StatusBadRequest, "bad_field", "state: want pending: what is approved is in /v1/faq")
	}
	after, err := strconv.Atoi("0" + query.Get("after"))
	if err != nil {
		return httpserver.Problem(http.StatusBadRequest, "bad_field", "after: want the next of an earlier answer")
	}
	questions, err := h.pending(r.Context(), shop, speaksFor)
	if err != nil {
		return unavailable(err)
	}
	page := questions[min(after, len(questions)):]
	next := ""
	if len(page) > pageSize {
		page, next = page[:pageSize], strconv.Itoa(after+pageSize)
	}
	return httpserver.JSON(w, struct {
		Questions []Question `json:"questions"`
		Total     int        `json:"total"` // of all pages
		Next      string     `json:"next"`
	}{page, len(questions), next})
}

// pending are the questions of a shop, or of all that a key speaks for.
func (h *Handler) pending(ctx context.Context, shop string, speaksFor func(string) bool) ([]Question, error) {
	asked, err := h.Facts.Unanswered(ctx, shop)
	if err != nil {
		return nil, err
	}
	byShop := map[string][]Asked{}
	var shops []string
	for _, a := range asked {
		if !speaksFor(a.ShopID) || h.Unfit(a.Text) {
			continue
		}
		if byShop[a.ShopID] == nil {
			shops = append(shops, a.ShopID)
		}
		byShop[a.ShopID] = append(byShop[a.ShopID], a)
	}
	slices.Sort(shops)
	questions := []Question{}
	for _, shop := range shops {
		var rejected []Record
		for _, r := range h.Set.Records(shop) {
			if r.State == Rejected {
				rejected = append(rejected, r)
			}
		}
		questions = append(questions, Cluster(byShop[shop], h.Set.Fresh(shop), rejected)...)
	}
	return questions, nil
}

func (h *Handler) approve(w http.ResponseWriter, r *http.Request, speaksFor func(string) bool) error {
	var said Approval
	if err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, maxReviewBody), &said, json.RejectUnknownMembers(true)); err != nil {
		return httpserver.Problem(http.StatusBadRequest, "malformed", `want {"answer":"..."}, and if need be "entry_id", "questions", "lang" and "by"`)
	}
	return h.review(w, r, speaksFor, func(q Question, shop *Shop) (Record, error) {
		return approve(q, said, shop, h.Now().UnixMilli())
	})
}

func (h *Handler) reject(w http.ResponseWriter, r *http.Request, speaksFor func(string) bool) error {
	var said struct {
		By string `json:"by"` // who rejects it; may be left out
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReviewBody))
	if err == nil && len(raw) > 0 {
		err = json.Unmarshal(raw, &said, json.RejectUnknownMembers(true))
	}
	if err != nil {
		return httpserver.Problem(http.StatusBadRequest, "malformed", `want no body, or {"by":"..."}`)
	}
	return h.review(w, r, speaksFor, func(q Question, _ *Shop) (Record, error) { return reject(q, said.By, h.Now().UnixMilli()) })
}

// review decides about a pending question. A decision that was made already
// and has an entry of its own is answered again.
func (h *Handler) review(w http.ResponseWriter, r *http.Request, speaksFor func(string) bool, decide func(Question, *Shop) (Record, error)) error {
	id := r.PathValue("id")
	shop, ok := shopOf(id)
	if !ok || !speaksFor(shop) {
		return httpserver.Problem(http.StatusNotFound, "not_found", "no such question")
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	questions, err := h.pending(r.Context(), shop, speaksFor)
	if err != nil {
		return unavailable(err)
	}
	at := slices.IndexFunc(questions, func(q Question) bool { return q.ID == id })
	if at < 0 {
		return h.reviewed(w, shop, id)
	}
	record, err := decide(questions[at], h.Set.Fresh(shop))
	if err != nil {
		return refused(err)
	}
	if err := h.append(r.Context(), []Record{record}); err != nil {
		return err
	}
	return h.say(w, record)
}

// reviewed answers for a question that no longer waits.
func (h *Handler) reviewed(w http.ResponseWriter, shop, id string) error {
	hash := id[strings.LastIndexByte(id, '.')+1:]
	records := h.Set.Records(shop)
	for _, name := range []string{"k-" + hash, "r-" + hash} {
		if record, done := records[name]; done && record.State != Removed {
			return h.say(w, record)
		}
	}
	return httpserver.Problem(http.StatusNotFound, "not_found", "no such question waits: it may have been answered or rejected")
}

func (h *Handler) say(w http.ResponseWriter, r Record) error {
	return httpserver.JSON(w, struct {
		State   State  `json:"state"`
		ShopID  string `json:"shop_id"`
		EntryID string `json:"entry_id"`
		Version string `json:"version"`
	}{r.State, r.ShopID, r.ID, h.Set.Fresh(r.ShopID).Version})
}

func (h *Handler) append(ctx context.Context, records []Record) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := h.Log.Append(ctx, records); err != nil {
		return unavailable(err)
	}
	return nil
}

func unavailable(err error) error {
	return httpserver.Problem(http.StatusServiceUnavailable, "unavailable", "try again").Later(2 * time.Second).Because(err)
}

func refused(err error) error {
	if !errors.Is(err, ErrRefused) {
		return err
	}
	return httpserver.Problem(http.StatusUnprocessableEntity, "refused", strings.ReplaceAll(err.Error(), ErrRefused.Error()+": ", ""))
}
