// Package llmtest is a language model for tests: a server of OpenAI's chat
// completions in a process of its own, which answers well, slowly, half or not
// at all. The model that a request names says how:
//
//	good          an answer of two sentences, in three parts, with usage
//	good-silent   the same without usage
//	say:TEXT      TEXT, a few characters at a time
//	echo          the customer's last words
//	long          sentences until max_tokens, with finish_reason length
//	slow:MS       good, after so many milliseconds
//	jitter:MS     good, after 0 to so many milliseconds
//	stall         nothing, ever; stall-midway: half an answer and then nothing
//	cut           half an answer, and the connection is gone
//	end           half an answer, and an orderly end without a finish_reason
//	rubbish       a page; garbage: a stream of no JSON; empty: an answer without
//	              a character; endless: a line without an end; tools: calls a tool
//	error         500; busy: 429; refuse: 400
//
// GET /stats tells how many calls are under way, how many were at once at most,
// and how many there were; GET /last is the body of the last one.
package llmtest

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
)

// serverEnv makes a test binary a server.
const serverEnv = "ASKBUY_LLMTEST_SERVER"

// Main belongs at the beginning of TestMain: in the process that Start starts
// it serves, and does not return. Elsewhere it does nothing.
func Main() {
	if os.Getenv(serverEnv) == "" {
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("http://" + listener.Addr().String())
	go func() {
		fmt.Fprintln(os.Stderr, http.Serve(listener, newServer()))
		os.Exit(1)
	}()
	_, _ = io.Copy(io.Discard, os.Stdin) // ends with whoever started it
	os.Exit(0)
}

// Start starts a server, which ends with the test, and gives its address
// without a path: the API is under /v1.
func Start(t testing.TB) string {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), serverEnv+"=1")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("start language model: %v: does TestMain call llmtest.Main?", err)
	}
	return strings.TrimSpace(line)
}
