package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/pipeline"
	"askbuy/report"
	"askbuy/schemas/event"
)

func TestMoment(t *testing.T) {
	now := time.Date(2026, 10, 14, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]string{
		"": "0001-01-01T00:00:00Z", "24h": "2026-10-13T12:00:00Z", "0s": "2026-10-14T12:00:00Z", "2026-10-01": "2026-10-01T00:00:00Z",
		"2026-10-01T08:00:00+08:00": "2026-10-01T00:00:00Z", "-1h": "", "yesterday": "", "2026-13-01": "",
	} {
		got, err := moment("--since", value, now)
		if (err != nil) != (want == "") || err == nil && got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q: %v %v, want %s", value, got, err, want)
		}
	}
}

func TestParsePlace(t *testing.T) {
	for s, want := range map[string]string{
		"messages.v1:2:7": "messages.v1:2:7", "00aabb": "", "messages.v1:2": "", "messages.v1:x:7": "", "messages.v1:-1:7": "", "messages.v1:1:-7": "", "a:1:2:3": "",
	} {
		got, ok := parsePlace(s)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q: %v %v", s, got, ok)
		}
	}
}

// No byte of a letter may steer the terminal.
func TestPrintableBytes(t *testing.T) {
	for raw, want := range map[string]string{
		"abc 你好\nx": "abc 你好\nx", "\x1b[2J\r\x00": `\x1b[2J\r\x00`, "\xff\xfe": `\xff\xfe`, "\u202e\u2028": `\u202e\u2028`, "\t": `\t`, "": "", "�": "�",
	} {
		if got := printableBytes([]byte(raw)); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

const shopKey = "key-of-shop-s1-0123456789abcdef01234567"

// letterDesk is an instance whose door has set something aside, and a list of
// the letters by event id.
type letterDesk struct {
	*instance
	now int64
}

func (d *letterDesk) message(shop, id string, ts int64, text string) string {
	return fmt.Sprintf(`{"type":"message","event_id":%q,"shop_id":%q,"user_id":"u","conv_id":"c","from":"user","text":"%s","ts":%d}`, id, shop, text, ts)
}

func (d *letterDesk) post(path, bearer, body string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.at.HTTP+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	if status, said := exchange(d.t, r); status != http.StatusOK {
		d.t.Fatalf("POST %s: %d %s", path, status, said)
	}
}

func (d *letterDesk) secret(name string) string {
	d.t.Helper()
	s, err := pipeline.Secret(d.dir, name)
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

// letters lists what is set aside, by event id, or by reason where there is none.
func (d *letterDesk) letters() map[string]report.DeadLetter {
	d.t.Helper()
	d.settled()
	var r report.DeadLettersReport
	p := d.ask("deadletters", "list", "--format", "json").wants(exitDone)
	if err := json.Unmarshal([]byte(p.out.String()), &r); err != nil {
		d.t.Fatal(err)
	}
	found := map[string]report.DeadLetter{}
	for _, l := range r.Letters {
		key := l.EventID
		if key == "" {
			key = string(l.Reason)
		}
		if _, twice := found[key]; twice {
			d.t.Errorf("two letters about %s", key)
		}
		found[key] = l
	}
	return found
}

// counted wants so many messages of an id in the reports.
func (d *letterDesk) counted(id string, want uint64) {
	d.t.Helper()
	d.settled()
	_, _, rows, err := d.warehouse().Query(d.t.Context(), "SELECT count() FROM bi.messages WHERE event_id = {id:String}", map[string]any{"id": id})
	if err != nil || rows[0][0] != want {
		d.t.Errorf("%s is there %v times, want %d (%v)", id, rows, want, err)
	}
}

// says wants all of this on standard output or in the complaint.
func (p *process) says(something ...string) *process {
	p.t.Helper()
	for _, s := range something {
		if !strings.Contains(p.out.String()+p.err.String(), s) {
			p.t.Errorf("%v does not say %q:\n%s%s", p.cmd.Args[1:], s, p.out, p.err)
		}
	}
	return p
}

// What was set aside is listed, shown and sent again: what is good counts
// once, what is still bad is the letter that it was.
func TestDeadLettersAreRequeued(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "askbuy.yaml")
	write(t, file, "api_keys: [{name: s1, key: "+shopKey+", shops: [s1]}]\nsources: [{name: bot, kind: generic, shop: s1, secrets: ["+shopKey+"]}]\n")
	d := &letterDesk{start(t, "--config", file), time.Now().UnixMilli()}
	future := d.message("s1", "future", d.now+86_400_000, "\u202e有货吗")
	d.post("/v1/events", d.secret("api_key"), "["+d.message("s1", "good", d.now, "hi")+","+future+`,{"type":"message","event_id":"lacking","shop_id":"s1"}]`)
	d.post("/v1/events", d.secret("api_key"), d.message("s1", "good", d.now, "another text"))
	d.post("/v1/events", shopKey, d.message("s2", "strange", d.now, "hi"))
	seed := `{"message_id":"seed","text":"hi","conversation_id":"c"}`
	token, err := shopToken(d.secret("coze_secret"), "s1", fmt.Sprintf("%x", sha256.Sum256([]byte(seed))), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	d.post("/coze", token, seed)
	d.hook(`[{"type":"message","event_id":"hooked","user_id":"u"}]`)
	d.undecodable()
	seen := d.letters()
	if len(seen) != 7 || seen["future"].Reason != event.ReasonFutureTS || seen["strange"].Reason != event.ReasonForbiddenShop || seen["good"].Reason != event.ReasonConflict {
		t.Fatalf("set aside %+v", seen)
	}

	d.ask("deadletters", "list").wants(exitDone).says("future_ts", "total", seen["future"].ID)
	d.ask("deadletters", "list", "--reason", "conflict", "--format", "csv").wants(exitDone).says(seen["good"].ID + ",")
	d.ask("deadletters", "list", "--source", "nobody").wants(exitDone).says("Nothing was set aside.")
	shown := d.ask("deadletters", "show", seen["future"].ID).wants(exitDone).says("future_ts", "more than 5 minutes ahead", `\u202e有货吗`)
	if strings.ContainsRune(shown.out.String(), '\u202e') {
		t.Errorf("a letter steers the terminal:\n%q", shown.out)
	}
	if raw := d.ask("deadletters", "show", "--raw", place(seen["future"])).wants(exitDone); raw.out.String() != future {
		t.Errorf("raw bytes %q, want %q", raw.out, future)
	}
	d.ask("deadletters", "show", place(seen["good"])).wants(exitDone).says("another text", "conflict", "header")

	d.ask("deadletters", "requeue", "--all", "--dry-run").wants(exitDone).says("come back: future_ts", "askbuy.messages.v1", "--reason forbidden_shop", "nothing was done")
	d.ask("deadletters", "requeue", "--source", "bot").wants(exitNo).says("1 letters requeued: 1 left", "--config")
	d.ask("deadletters", "requeue", "--all", "--config", file).wants(exitNo).says("7 letters requeued: 6 still bad, 1 left", seen["bot:hooked"].ID+" still bad: missing_field", seen["future"].ID+" still bad: future_ts",
		seen["good"].ID+" still bad: conflict", seen["seed"].ID+" still bad: missing_field", seen["undecodable"].ID+" still bad: undecodable")
	again := d.letters()
	for key, l := range seen {
		want := l.Deliveries + 1
		if key == "strange" {
			want = l.Deliveries
		}
		if again[key].ID != l.ID || again[key].Deliveries != want || len(again) != len(seen) {
			t.Errorf("%s: %+v, was %+v", key, again[key], l)
		}
	}

	fixed := filepath.Join(t.TempDir(), "fixed.json")
	write(t, fixed, d.message("s1", "future", d.now, "有货吗"))
	d.ask("deadletters", "requeue", "--id", seen["future"].ID, "--file", fixed, "--dry-run").wants(exitDone).says("1 events pass")
	d.ask("deadletters", "requeue", "--id", seen["future"].ID, "--file", fixed).wants(exitDone).says("1 accepted, 0 duplicate, 0 still bad")
	d.ask("deadletters", "requeue", "--file", fixed).wants(exitDone).says("0 accepted, 1 duplicate, 0 still bad")
	d.counted("future", 1)
	d.counted("strange", 0)
	d.ask("deadletters", "requeue", "--reason", "forbidden_shop").wants(exitDone).says("1 letters requeued: 1 accepted")
	d.ask("deadletters", "requeue", "--id", seen["strange"].ID).wants(exitDone).says("1 letters requeued: 1 duplicate")
	d.counted("strange", 1)
	write(t, fixed, d.message("s1", "future", d.now+86_400_000, "x"))
	d.ask("deadletters", "requeue", "--file", fixed).wants(exitNo).says("event 0: future_ts", "1 still bad")

	d.readAgain()
	d.onDiskAlone()
}

// place is how a letter's place is given.
func place(l report.DeadLetter) string {
	return fmt.Sprintf("%s:%d:%d", l.Topic, l.Partition, l.Offset)
}

// hook posts a delivery of the source bot.
func (d *letterDesk) hook(body string) {
	d.t.Helper()
	bot, err := pipeline.Source{Kind: "generic", Secrets: []string{shopKey}}.Sender(time.Now)
	if err != nil {
		d.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.at.HTTP+"/hooks/bot", strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if err := bot.Sign(r.Header, []byte(body)); err != nil {
		d.t.Fatal(err)
	}
	if status, said := exchange(d.t, r); status != http.StatusOK {
		d.t.Fatalf("POST /hooks/bot: %d %s", status, said)
	}
}

// undecodable puts a record into a topic that nobody can read.
func (d *letterDesk) undecodable() {
	d.t.Helper()
	d.produce(kafka.Record{Topic: "askbuy." + event.TopicFeedback, Key: []byte("k"), Value: []byte("rubbish")})
}

func (d *letterDesk) produce(r kafka.Record) {
	d.t.Helper()
	c := pipeline.DefaultConfig()
	c.DataDir = d.dir
	k, err := pipeline.Broker(c)
	if err != nil {
		d.t.Fatal(err)
	}
	p, err := kafka.NewProducer(k)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := p.Produce(d.t.Context(), r); err != nil {
		d.t.Fatal(err)
	}
	if err := p.Close(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// readAgain has the record of a fact set aside by a processor that is mended
// by now: to read it again changes nothing.
func (d *letterDesk) readAgain() {
	d.t.Helper()
	d.tables(d.warehouse(), `INSERT INTO askbuy.dead_letters (id, stage, reason, detail, source, shop_id, type, event_id, received_at, topic, partition, position)
SELECT 'mended', 'process', 'undecodable', 'a panic', source, shop_id, 'message', event_id, received_at, 'messages.v1', raw_partition, raw_position
FROM askbuy.messages FINAL WHERE event_id = 'future'`)
	for range 2 {
		d.ask("deadletters", "requeue", "--id", "mended").wants(exitDone).says("1 letters requeued: 1 read again")
		d.counted("future", 1)
	}
}

// What an operator gets wrong with letters is told in one line.
func TestWrongUseOfLetters(t *testing.T) {
	t.Parallel()
	nobody := t.TempDir()
	for _, c := range []struct {
		args []string
		says []string
	}{
		{[]string{"deadletters", "list", "--data-dir", nobody}, []string{nobody, "askbuy run"}},
		{[]string{"deadletters", "list", "--reason", "sad"}, []string{"--reason", "future_ts"}},
		{[]string{"deadletters", "list", "--since", "soon"}, []string{"--since", "24h"}},
		{[]string{"deadletters", "list", "--since", "1h", "--until", "2h"}, []string{"--until", "later than --since"}},
		{[]string{"deadletters", "list", "--limit", "0"}, []string{"--limit"}},
		{[]string{"deadletters", "requeue"}, []string{"--id", "--all", "--file"}},
		{[]string{"deadletters", "requeue", "--file", "x", "--all"}, []string{"--file", "--id"}},
	} {
		ask(t, c.args...).wants(exitUsage).complains(c.says...)
	}
}
