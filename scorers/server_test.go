package scorers

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// serverEnv makes this test binary a scorer: a process of its own, which ends
// when its standard input does.
const serverEnv = "SCORERS_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverEnv) != "" {
		serve()
	}
	os.Exit(m.Run())
}

// serve answers by the path of the request: each is another way to behave.
func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("http://" + listener.Addr().String())
	go func() {
		fmt.Fprintln(os.Stderr, http.Serve(listener, http.HandlerFunc(behave)))
		os.Exit(1)
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func behave(w http.ResponseWriter, r *http.Request) {
	var asked wireRequest
	if err := json.UnmarshalRead(r.Body, &asked); err != nil || asked.Version != wireVersion || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	say := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
	first := asked.Messages[0].ID
	switch r.URL.Path {
	case "/stall":
		<-r.Context().Done()
	case "/stall-midway":
		say(`{"scores":[`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "/cut":
		panic(http.ErrAbortHandler)
	case "/error":
		http.Error(w, "out of memory", http.StatusInternalServerError)
	case "/busy":
		http.Error(w, "later", http.StatusTooManyRequests)
	case "/refuse":
		http.Error(w, "unknown shop", http.StatusUnprocessableEntity)
	case "/redirect":
		http.Redirect(w, r, "/good", http.StatusTemporaryRedirect)
	case "/no-content":
		w.WriteHeader(http.StatusNoContent)
	case "/count":
		say(`{"scores":[]}`)
	case "/twice":
		say(`{"scores":[{"id":%q,"score":0.1},{"id":%q,"score":0.2}]}`, first, first)
	case "/foreign":
		say(`{"scores":[{"id":"somebody","score":0.1}]}`)
	case "/nan":
		say(`{"scores":[{"id":%q,"score":NaN}]}`, first)
	case "/beyond":
		say(`{"scores":[{"id":%q,"score":1.0001}]}`, first)
	case "/negative":
		say(`{"scores":[{"id":%q,"score":-0.1}]}`, first)
	case "/infinite":
		say(`{"scores":[{"id":%q,"score":1e999}]}`, first)
	case "/null":
		say(`{"scores":[{"id":%q,"score":null}]}`, first)
	case "/label":
		say(`{"scores":[{"id":%q,"score":0.5,"label":%q}]}`, first, strings.Repeat("x", labelBytes+1))
	case "/html":
		say(`<html>`)
	case "/trailing":
		say(`{"scores":[{"id":%q,"score":0.5}]} {}`, first)
	case "/huge":
		for range 1 << 12 {
			say("%s", strings.Repeat(" ", 1<<12))
		}
	default:
		good(w, asked)
	}
}

// good scores a text by its length, in reverse order.
func good(w io.Writer, asked wireRequest) {
	a := wireAnswer{}
	for i := len(asked.Messages) - 1; i >= 0; i-- {
		score := float64(len(asked.Messages[i].Text)) / 100
		a.Scores = append(a.Scores, wireScore{asked.Messages[i].ID, &score, "by length"})
	}
	_ = json.MarshalWrite(w, a)
}

// startServer starts the process and gives its address.
func startServer(t *testing.T) string {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), serverEnv+"=1")
	in, err := command.StdinPipe()
	must(t, err)
	out, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	return strings.TrimSpace(line)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
