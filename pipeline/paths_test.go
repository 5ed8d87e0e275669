package pipeline

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestNoPathIsRedirected(t *testing.T) {
	mux := http.NewServeMux()
	ok := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	mux.HandleFunc("POST /coze", ok)
	mux.HandleFunc("POST /v1/events", ok)
	mux.HandleFunc("/v1/", http.NotFound)
	mux.HandleFunc("POST /hooks/{source}", ok)
	for target, want := range map[string]int{
		"/coze": 204, "/v1/events": 204, "/hooks/a": 204,
		"//coze": 404, "/v1": 404, "/v1/": 404, "/hooks/x/../y": 404, "/x/../coze": 404, "/./coze": 404, "/": 404, "/hooks": 404,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "http://door/", nil)
		r.URL.Path = target
		exactPaths(mux).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("POST %s: %d, want %d", target, w.Code, want)
		}
	}
}
