package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"askbuy/report"
)

// curlLine has the parts of the line that start-up prints.
var curlLine = regexp.MustCompile(`(?m)^curl (http://\S+) -H '(\w+): ([^']+)' -H '([\w-]+): ([^']+)' -d '([^']+)'$`)

// lookLine is the command that start-up prints after it.
var lookLine = regexp.MustCompile(`(?m)^then look:\n\n(.+)$`)

// On an empty machine the printed line says something as a shopper, and the
// report shows that conversation.
func TestTheFirstFiveMinutes(t *testing.T) {
	t.Parallel()
	i := start(t)
	parts := curlLine.FindStringSubmatch(i.out.String())
	if parts == nil {
		t.Fatalf("no curl line:\n%s", i.out)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, parts[1], strings.NewReader(parts[6]))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(parts[2], parts[3])
	request.Header.Set(parts[4], parts[5])
	if status, body := exchange(t, request); status != http.StatusOK || body != "{}" {
		t.Fatalf("the printed request is answered %d %s", status, body)
	}
	if answer, ok := shell(t, parts[0]); ok && answer != "{}" {
		t.Errorf("the printed line is answered %q", answer)
	}
	i.settled()
	var funnel report.FunnelReport
	i.report(&funnel, "funnel")
	if funnel.Total.Conversations != 1 || funnel.Total.HighIntent != 1 || len(funnel.Intents) != 1 || funnel.Intents[0].Key == "" {
		t.Errorf("the report does not show the conversation: %+v", funnel)
	}
	look := lookLine.FindStringSubmatch(i.out.String())
	if look == nil {
		t.Fatalf("no report line:\n%s", i.out)
	}
	if answer, ok := shell(t, look[1]); ok && !regexp.MustCompile(`Conversations \(总会话数\) +1\b`).MatchString(answer) {
		t.Errorf("the printed report says\n%s", answer)
	}
	if err := i.cmd.Process.Signal(os.Interrupt); err != nil { // as Ctrl-C does
		t.Fatal(err)
	}
	i.wants(exitDone)
}

// exchange does a request and returns its answer.
func exchange(t *testing.T, request *http.Request) (status int, body string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

// shell pastes a line into a shell. It is not ok when the machine lacks the
// shell or curl.
func shell(t *testing.T, line string) (answer string, ok bool) {
	t.Helper()
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Logf("not pasted: %v", err)
			return "", false
		}
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", line)
	cmd.Env, cmd.Dir = environment(), t.TempDir()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return string(out), true
}
