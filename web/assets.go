package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"
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

// assets serves the built files, compressed to whoever takes that.
func assets() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: " + err.Error()) // the name above is valid
	}
	serve := http.StripPrefix("/static/", http.FileServerFS(files))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/static/")
		if name == "" || strings.HasSuffix(name, "/") { // no lists
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("Vary", "Accept-Encoding")
		small, known := compressed()[name]
		if !known || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			serve.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(small)) // which sets the type by the name
	})
}

// compressed are the built files by name.
var compressed = sync.OnceValue(func() map[string][]byte {
	small := map[string][]byte{}
	entries, err := dist.ReadDir("dist")
	if err != nil {
		panic("web: " + err.Error())
	}
	for _, entry := range entries {
		content, err := dist.ReadFile("dist/" + entry.Name())
		if err != nil {
			panic("web: " + err.Error())
		}
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level that there is
		_, _ = z.Write(content)                               // memory takes everything
		_ = z.Close()
		small[entry.Name()] = b.Bytes()
	}
	return small
})
