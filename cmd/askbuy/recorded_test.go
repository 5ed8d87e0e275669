package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"askbuy/internal/simulator"
	"askbuy/internal/simulator/doortest"
)

// Secrets that several processes share, so that one log of requests is good
// for each of them.
const (
	sharedAPIKey = "an-api-key-of-all-the-instances-of-one-test"
	sharedCoze   = "a-coze-secret-of-all-the-instances-of-one-test"
)

// shared are the secrets in the environment.
func shared() []string {
	return []string{
		"ASKBUY_API_KEY=" + sharedAPIKey, "COZE_SECRET=" + sharedCoze,
		"ASKBUY_FINGERPRINT_KEY=a-fingerprint-key-of-all-the-instances-of-one-test",
		"ASKBUY_KEYRING_SECRET=a-keyring-secret-of-all-the-instances-of-one-test",
		"ASKBUY_BI_PASSWORD=a-bi-password-of-all-the-instances-of-one-test",
	}
}

// asked is one request of a recorded log, and how a door answered it.
type asked struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Header map[string]string `json:"header"`
	Body   []byte            `json:"body"`
	Status int               `json:"status"`
	// Beside are the earlier requests that had no answer when this one left.
	// All others had one, and have to have one again when this one is repeated.
	Beside []int `json:"beside,omitempty"`
}

// recording is what senders asked once, and what the reports must say of it.
type recording struct {
	log    []asked
	events int    // different ones
	truth  string // directory
}

// record has simulated shops talk to a door of the tests, and writes down
// what they ask. The tokens in it are good for an hour at least.
func record(t *testing.T, seed uint64, conversations int, noise simulator.Noise) recording {
	t.Helper()
	o := simulator.DefaultOptions(time.Now().Add(-time.Minute))
	o.Seed, o.Conversations, o.Noise = seed, conversations, noise
	simulation, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{door: &doortest.Door{APIKey: sharedAPIKey, CozeSecret: sharedCoze, Now: time.Now}, open: map[int]bool{}}
	server := httptest.NewServer(r)
	defer server.Close()
	result, err := simulation.Play(t.Context(), simulator.PlayOptions{URL: server.URL, APIKey: sharedAPIKey, CozeSecret: sharedCoze})
	if err != nil || result.Err() != nil {
		t.Fatalf("record: %v, %v", err, result.Err())
	}
	recorded := recording{events: simulation.Events(), truth: t.TempDir()}
	if err := simulation.WriteTruth(recorded.truth); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "requests.ndjson")
	if err := r.write(file); err != nil {
		t.Fatal(err)
	}
	if recorded.log, err = readLog(file); err != nil {
		t.Fatal(err)
	}
	return recorded
}

// recorder stands before a door.
type recorder struct {
	door http.Handler
	mu   sync.Mutex
	log  []asked
	open map[int]bool // without an answer
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body) // a body that ends early is the sender's
	a := asked{Method: request.Method, Path: request.URL.Path, Header: map[string]string{}, Body: body}
	for _, name := range []string{"Authorization", "Content-Type", "Content-Encoding"} {
		if v := request.Header.Get(name); v != "" {
			a.Header[name] = v
		}
	}
	r.mu.Lock()
	n := len(r.log)
	for i := range r.open {
		a.Beside = append(a.Beside, i)
	}
	r.log, r.open[n] = append(r.log, a), true
	r.mu.Unlock()

	request.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	r.door.ServeHTTP(answer, request)

	r.mu.Lock()
	r.log[n].Status = answer.Code
	delete(r.open, n)
	r.mu.Unlock()
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // a sender that left reads no answer
}

func (r *recorder) write(file string) error {
	var b bytes.Buffer
	for _, a := range r.log {
		line, err := json.Marshal(a)
		if err != nil {
			return err
		}
		b.Write(append(line, '\n'))
	}
	return os.WriteFile(file, b.Bytes(), 0o600)
}

func readLog(file string) (log []asked, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := json.NewDecoder(bufio.NewReader(f)); lines.More(); {
		var a asked
		if err := lines.Decode(&a); err != nil {
			return nil, err
		}
		log = append(log, a)
	}
	return log, nil
}

// mayLeave reports whether a request may leave while others have no answer.
func (a *asked) mayLeave(open map[int]bool) bool {
	for i := range open {
		if !slices.Contains(a.Beside, i) {
			return false
		}
	}
	return true
}
