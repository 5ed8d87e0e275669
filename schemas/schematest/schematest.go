// Package schematest holds HTTP answers against schemas/openapi.yaml. Tests
// alone use it.
package schematest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"askbuy/schemas"
)

var open = sync.OnceValues(func() (routers.Router, error) {
	for _, plain := range []string{"text/event-stream", "text/csv", "application/x-ndjson"} {
		openapi3filter.RegisterBodyDecoder(plain, openapi3filter.PlainBodyDecoder)
	}
	doc, err := openapi3.NewLoader().LoadFromData(schemas.OpenAPI)
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// Described fails a test whose answer is not as the document says: another
// status, a header that is missing, a body of another shape, or a call that is
// not described at all.
func Described(t testing.TB, method, target string, status int, header http.Header, body []byte) {
	t.Helper()
	router, err := open()
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	at.Scheme, at.Host = "", "" // wherever it is served
	r := &http.Request{Method: method, URL: at, Header: http.Header{}}
	route, params, err := router.FindRoute(r)
	if errors.Is(err, routers.ErrMethodNotAllowed) && status == http.StatusMethodNotAllowed && header.Get("Allow") != "" {
		return // the path is described, and this is what is not described of it
	}
	if err != nil {
		t.Errorf("%s %s is not described: %v", method, target, err)
		return
	}
	if err := openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 status, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}); err != nil {
		t.Errorf("%s %s: %d is not as described: %v\n%.600s", method, target, status, err, body)
	}
}
