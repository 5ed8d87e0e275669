package pipeline

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	embeddedkafka "askbuy/internal/kafka/embedded"
)

// The whole instance rides out a broker that goes away: the door answers 200,
// nothing stops, and all that was acknowledged is there afterwards.
func TestTheInstanceOutlivesItsBroker(t *testing.T) {
	dir := t.TempDir()
	quiet := slog.New(slog.DiscardHandler)
	serve := func(addr string) *embeddedkafka.Broker {
		t.Helper()
		b, err := embeddedkafka.Start(embeddedkafka.Options{Dir: filepath.Join(dir, "broker"), Addr: addr, Partitions: 4, Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	broker := serve("127.0.0.1:0")
	addr := broker.Addr()
	c := testConfig(filepath.Join(dir, "instance"))
	c.KafkaBrokers, c.KafkaPartitions, c.KafkaReplication = []string{addr}, 4, 1
	i := start(t, c)
	say := func(n int) {
		t.Helper()
		body := fmt.Sprintf(`{"type":"message","event_id":"m%d","shop_id":"outage","user_id":"u%d","conv_id":"c","from":"user","text":"在吗","ts":1791943200000}`, n, n%7)
		if got := i.post(t, "/v1/events", i.secret(t, "api_key"), []byte(body)); !bytes.Contains(got, []byte(`"accepted":1`)) {
			t.Errorf("message %d: %s", n, got)
		}
	}
	for n := range 20 {
		say(n)
	}
	if err := broker.Close(); err != nil {
		t.Fatal(err)
	}
	// Long enough for every group session to end; a part that cannot do
	// without the broker would stop the instance.
	away := time.NewTimer(12 * time.Second)
	for n := 20; n < 40; n++ {
		say(n)
	}
	select {
	case err := <-i.ended:
		i.ended <- nil
		t.Fatalf("the instance stopped: %v", err)
	case <-away.C:
	}
	answer, err := http.Get(i.at.Admin + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	state, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK || !bytes.Contains(state, []byte(`"broker":`)) || bytes.Contains(state, []byte(`"broker":"ok"`)) {
		t.Errorf("readyz while the spool takes events: %d %s", answer.StatusCode, state)
	}
	broker = serve(addr)
	t.Cleanup(func() { broker.Close() })
	t.Cleanup(i.close(t)) // before the broker
	if err := AwaitSpool(t.Context(), i.at); err != nil {
		t.Fatal(err)
	}
	i.drained(t)
	_, _, rows, err := i.db.Query(t.Context(), "SELECT toString(count()) FROM bi.messages WHERE shop_id = 'outage' AND buy_score IS NOT NULL", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(rows[0][0]); got != "40" {
		t.Errorf("%s messages with a score, want 40", got)
	}
}
