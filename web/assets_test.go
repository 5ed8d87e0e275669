package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// scriptGoal is what all JavaScript of a page may weigh on its way, in bytes.
const scriptGoal = 260_000

// TestAssets: the scripts stay within their goal, come as they were built, and
// may be kept.
func TestAssets(t *testing.T) {
	base := serve(t)
	files, err := os.ReadDir("dist")
	if err != nil || len(files) == 0 {
		t.Fatalf("dist has %d files: %v", len(files), err)
	}
	weight := 0
	for _, file := range files {
		want, err := os.ReadFile("dist/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, encoding := range []string{"gzip", ""} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/static/"+file.Name(), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept-Encoding", encoding)
			sent, got := body(t, req)
			if string(got) != string(want) {
				t.Errorf("%s, encoding %q: another file comes", file.Name(), encoding)
			}
			if encoding == "gzip" && strings.HasSuffix(file.Name(), ".js") {
				weight += sent
			}
		}
	}
	if weight == 0 || weight > scriptGoal {
		t.Errorf("the scripts weigh %d bytes, want at most %d", weight, scriptGoal)
	}
}

// body is what comes, and how many bytes it was on its way.
func body(t *testing.T, req *http.Request) (sent int, content []byte) {
	t.Helper()
	res, err := (&http.Transport{DisableCompression: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Fatalf("%s: %d %v %v", req.URL.Path, res.StatusCode, res.Header, err)
	}
	if res.Header.Get("Content-Encoding") != "gzip" {
		return len(raw), raw
	}
	unpacked, err := gzip.NewReader(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	content, err = io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	return len(raw), content
}
