package pipeline

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A stop says first that it is not ready, for as long as was asked for and to
// whoever asks, while the door still answers; then it finishes the request
// under way, and ends.
func TestAStopIsAnnounced(t *testing.T) {
	c := testConfig(t.TempDir())
	c.Door.DrainDelay = 2 * time.Second
	i := start(t, c)
	const body = `{"type":"message","event_id":"last","shop_id":"stop","user_id":"u","conv_id":"c","from":"user","text":"在吗","ts":1791943200000}`
	conn, err := net.Dial("tcp", strings.TrimPrefix(i.at.HTTP, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		i.secret(t, "api_key"), len(body), body[:10])
	i.stop()
	for deadline := time.Now().Add(patience); ; { // the request holds the door, and with it everything behind it
		answer, err := http.Get(i.at.Admin + "/readyz")
		if err != nil {
			t.Fatalf("nobody says that it is not ready: %v", err)
		}
		state, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode == http.StatusServiceUnavailable && bytes.Contains(state, []byte(`"draining":true`)) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("readyz: %d %s", answer.StatusCode, state)
		}
	}
	i.post(t, "/v1/events", i.secret(t, "api_key"), []byte(strings.Replace(body, "last", "in between", 1)))
	fmt.Fprint(conn, body[10:])
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("the request under way has no answer: %v", err)
	}
	if said, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK || !bytes.Contains(said, []byte(`"accepted":1`)) {
		t.Errorf("the request under way is answered %d %s", answer.StatusCode, said)
	}
	answer.Body.Close()
}
