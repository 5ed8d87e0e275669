package pipeline

import (
	"net/http"
	"path"
	"strings"
)

// exactPaths keeps the mux from answering a path that is not clean with a
// redirect: senders take a 3xx for a failure, and some drop the body.
func exactPaths(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clean := path.Clean("/" + r.URL.Path)
		if clean != strings.TrimSuffix(r.URL.Path, "/") && clean != r.URL.Path {
			http.NotFound(w, r)
			return
		}
		if _, pattern := mux.Handler(r); strings.HasSuffix(pattern, "/") && pattern == r.URL.Path+"/" {
			http.NotFound(w, r) // the mux would redirect to the subtree
			return
		}
		mux.ServeHTTP(w, r)
	})
}
