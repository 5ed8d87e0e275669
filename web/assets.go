package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"strings"
)

// The assets are built from src by `make web` and committed, so that neither
// building nor running askbuy needs Node.
//
//go:embed dist
var dist embed.FS

// asset is the address of a built file. It names the content, so that it may
// be kept for ever.
func asset(name string) string {
	content, err := dist.ReadFile("dist/" + name)
	if err != nil { // the files are part of the program, and every page names them
		panic("web: " + err.Error())
	}
	sum := sha256.Sum256(content)
	return "/static/" + name + "?v=" + hex.EncodeToString(sum[:6])
}

// assets serves the built files.
func assets() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: " + err.Error()) // the name above is valid
	}
	serve := http.StripPrefix("/static/", http.FileServerFS(files))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") { // no lists
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		serve.ServeHTTP(w, r)
	})
}
