package knowledge

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"askbuy/internal/httpserver"
	"askbuy/models/faq"
)

// Media types of a FAQ.
const (
	typeCSV   = "text/csv"
	typeJSON  = "application/json"
	typePairs = "application/x-ndjson"
)

// shop is the one that a request is about.
func (h *Handler) shop(r *http.Request, speaksFor func(string) bool) (string, error) {
	shop := r.URL.Query().Get("shop_id")
	if shop == "" {
		shop = h.DefaultShop
	}
	if !speaksFor(shop) {
		return "", forbidden()
	}
	return shop, nil
}

// export answers GET /v1/faq?shop_id=&format=json|csv|pairs; without a format
// the Accept header decides, and JSON is the default.
func (h *Handler) export(w http.ResponseWriter, r *http.Request, speaksFor func(string) bool) error {
	id, err := h.shop(r, speaksFor)
	if err != nil {
		return err
	}
	shop := h.Set.Fresh(id)
	var body bytes.Buffer
	contentType := typeJSON
	switch format := formatOf(r); format {
	case "json":
		err = WriteJSON(&body, shop.Entries)
	case "csv":
		contentType = typeCSV + "; charset=utf-8"
		w.Header().Set("Content-Disposition", `attachment; filename="faq.csv"`)
		err = WriteCSV(&body, shop.Entries)
	case "pairs":
		contentType = typePairs
		err = WritePairs(&body, shop)
	default:
		return httpserver.Problem(http.StatusBadRequest, "bad_field", "format: want json, csv or pairs")
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("ETag", `"`+shop.Version+`"`)
	_, _ = w.Write(body.Bytes()) // a client that left reads no answer
	return nil
}

func formatOf(r *http.Request) string {
	if format := r.URL.Query().Get("format"); format != "" {
		return format
	}
	for accepted := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		media, _, err := mime.ParseMediaType(accepted)
		switch {
		case err != nil:
		case media == typeCSV:
			return "csv"
		case media == typePairs:
			return "pairs"
		}
	}
	return "json"
}

// replace answers PUT /v1/faq: the body is the shop's FAQ from now on.
func (h *Handler) replace(w http.ResponseWriter, r *http.Request, speaksFor func(string) bool) error {
	id, err := h.shop(r, speaksFor)
	if err != nil {
		return err
	}
	entries, err := readEntries(w, r)
	if err != nil {
		return err
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	shop := h.Set.Fresh(id)
	if match := r.Header.Get("If-Match"); match != "" && match != "*" && match != `"`+shop.Version+`"` {
		return httpserver.Problem(http.StatusPreconditionFailed, "changed", "the FAQ has changed since: read it again")
	}
	changed, removed, err := replace(id, shop, entries, h.Now().UnixMilli())
	if err != nil {
		return refused(err)
	}
	if err := h.append(r.Context(), append(changed, removed...)); err != nil {
		return err
	}
	w.Header().Set("ETag", `"`+h.Set.Fresh(id).Version+`"`)
	return httpserver.JSON(w, struct {
		Entries int    `json:"entries"`
		Changed int    `json:"changed"`
		Removed int    `json:"removed"`
		Version string `json:"version"`
	}{len(entries), len(changed), len(removed), h.Set.Fresh(id).Version})
}

func readEntries(w http.ResponseWriter, r *http.Request) ([]faq.Entry, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != typeCSV && media != typeJSON {
		return nil, httpserver.Problem(http.StatusUnsupportedMediaType, "unsupported_media_type", "want Content-Type "+typeCSV+" or "+typeJSON)
	}
	read := ReadJSON
	if media == typeCSV {
		read = ReadCSV
	}
	entries, err := read(http.MaxBytesReader(w, r.Body, maxFAQBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, httpserver.Problem(http.StatusRequestEntityTooLarge, "too_large", "at most 16 MiB are taken")
	case errors.As(err, new(*jsontext.SyntacticError)), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, httpserver.Problem(http.StatusBadRequest, "not_json", "the body is no JSON, or ended early")
	case err != nil:
		return nil, httpserver.Problem(http.StatusUnprocessableEntity, "refused", err.Error())
	}
	return entries, nil
}
