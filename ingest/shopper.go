package ingest

import (
	"context"
	"fmt"
	"net/http"

	"askbuy/internal/httpserver"
	"askbuy/internal/surrogate"
	"askbuy/schemas/event"
)

// Entity is a piece of a text that names something.
type Entity struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// Score is what one text alone tells: the answer of POST /v1/score.
type Score struct {
	Intent      string   `json:"intent"`
	IntentPath  []string `json:"intent_path"`
	Entities    []Entity `json:"entities"`
	IntentLevel string   `json:"intent_level"` // high or low
	BuyScore    float64  `json:"buyScore"`     // three decimals
	POrder      float64  `json:"p_order"`
	ModelID     string   `json:"model_id"`
}

// LatestIntent is what a shopper's latest message told, within 300 s of it.
type LatestIntent struct {
	ShopID      string   `json:"shop_id"`
	UserID      string   `json:"user_id"`
	ConvID      string   `json:"conv_id"`
	EventID     string   `json:"event_id"`
	TS          int64    `json:"ts"`
	Intent      string   `json:"intent"`
	IntentPath  []string `json:"intent_path"`
	IntentLevel string   `json:"intent_level"`
	BuyScore    float64  `json:"buyScore"`
	POrder      float64  `json:"p_order"`
	ModelID     string   `json:"model_id"`
}

// ScoreFunc scores a text by itself.
type ScoreFunc func(ctx context.Context, shopID, text string) (Score, error)

// IntentFunc is a shopper's latest intent; false when there is none that is
// recent enough.
type IntentFunc func(ctx context.Context, shopper event.Shopper) (LatestIntent, bool, error)

var scoreNames = map[string]Field{
	fieldNames[FieldShopID]:      FieldShopID,
	fieldNames[FieldShopIDCamel]: FieldShopIDCamel,
	fieldNames[FieldText]:        FieldText,
}

func (h *Handler) serveScore(w http.ResponseWriter, r *http.Request) error {
	const source = "score"
	key := h.Keys.find(r.Header)
	if key == nil {
		return h.problem(source, unauthorized)
	}
	if refused := h.allow(key.sender()); refused != nil {
		return h.problem(source, refused)
	}
	if ndjson, ok := mediaType(r); !ok || ndjson {
		return h.problem(source, unsupported)
	}
	body, refused := h.body(w, r)
	if refused != nil {
		return h.problem(source, refused)
	}
	defer body.release()
	raw := surrogate.Mend(body.buf.Bytes())
	v := reader{names: scoreNames}
	if shape, err := v.readObject(raw, scoreNames); err != nil && !shape {
		return h.problem(source, notJSON)
	} else if err != nil {
		return h.badRequest(source, &Fault{Reason: event.ReasonMalformed, Detail: "body: " + syntax(err)})
	}
	shop, text := v.shop(Grant{}), v.text(FieldText)
	switch {
	case v.fault != nil:
		return h.badRequest(source, v.fault)
	case !key.allows(shop):
		return h.problem(source, forbidden)
	}
	score, err := h.Score(r.Context(), shop, text)
	if err != nil {
		return fmt.Errorf("score text: %w", err)
	}
	h.ok(source)
	return httpserver.JSON(w, score)
}

func (h *Handler) serveIntent(w http.ResponseWriter, r *http.Request) error {
	const source = "intent"
	key := h.Keys.find(r.Header)
	if key == nil {
		return h.problem(source, unauthorized)
	}
	if refused := h.allow(key.sender()); refused != nil {
		return h.problem(source, refused)
	}
	shopper := event.Shopper{ShopID: r.URL.Query().Get(fieldNames[FieldShopID]), UserID: r.PathValue("user_id")}
	switch {
	case shopper.ShopID == "":
		return h.badRequest(source, &Fault{Reason: event.ReasonMissingField, Detail: "shop_id: required"})
	case !key.allows(shopper.ShopID):
		return h.problem(source, forbidden)
	}
	latest, known, err := h.Intent(r.Context(), shopper)
	if err != nil {
		return fmt.Errorf("look up latest intent: %w", err)
	}
	if !known {
		return h.problem(source, &refusal{status: http.StatusNotFound, code: "no_recent_intent", detail: "the shopper has said nothing within the last 300 s"})
	}
	h.ok(source)
	return httpserver.JSON(w, latest)
}

func (h *Handler) badRequest(source string, f *Fault) error {
	return h.problem(source, &refusal{status: http.StatusBadRequest, code: string(f.Reason), detail: f.Detail})
}
