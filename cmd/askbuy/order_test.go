package main

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"askbuy/pipeline"
	"askbuy/report"
)

// The same events, told (a) orders first, backwards, in part twice, to 4
// partitions with two kills, (b) in order, to 16 partitions, and (c) shuffled,
// to one, make all bi views equal.
func TestOrderAndPartitionsDoNotMatter(t *testing.T) {
	t.Parallel()
	truth := t.TempDir()
	file := filepath.Join(truth, "told.ndjson")
	ask(t, "simulate", "--seed", "11", "--conversations", conversations(t, 200), "--noise", "none", "--experiment", "greeting", "--contaminate", "0.1", "--truth", truth, "--output", file).wants(exitDone)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	told := bytes.Split(bytes.TrimSuffix(content, []byte("\n")), []byte("\n"))
	backwards, shuffled := ordersFirst(told), slices.Clone(told)
	rand.New(rand.NewPCG(11, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })

	few := start(t, "--kafka-partitions", "4")
	few.tell(backwards[:len(backwards)/3])
	few.tellThroughAKill(backwards[len(backwards)/3 : len(backwards)/2])
	few.tell(backwards[len(backwards)/4 : len(backwards)*3/4])
	few.tellThroughAKill(backwards[len(backwards)*3/4:])
	few.settled()

	many := start(t, "--kafka-partitions", "16")
	many.tell(told)
	many.settled()

	one := start(t, "--kafka-partitions", "1")
	one.tell(shuffled)
	one.settled()

	for _, i := range []*instance{few, many, one} {
		i.ask("experiment", "apply", filepath.Join(truth, "experiments", "greeting.yaml")).wants(exitDone)
		i.ask("experiment", "health", "greeting") // counts units, and finds too many in both variants
	}
	a := few.dump()
	if len(a) < 13 {
		t.Errorf("too few views were compared: %v", slices.Sorted(maps.Keys(a)))
	}
	untold := append([]string{"dead_letters"}, unanswered...) // this log has nothing to refuse
	for view := range a {
		if len(a[view]) == 0 && !slices.Contains(untold, view) {
			t.Errorf("bi.%s is empty: nothing was compared", view)
		}
	}
	for _, other := range []*instance{many, one} {
		for _, difference := range differences(a, other.dump()) {
			t.Errorf("%v: %s", other.args, difference)
		}
	}

	many.tell([][]byte{[]byte(oneMore)})
	many.settled()
	if len(differences(a, many.dump())) == 0 {
		t.Error("one more message makes no difference: dumps show nothing")
	}
}

// unanswered are the views of answers: nobody of the simulation is answered by
// askbuy or handed to a human.
var unanswered = []string{"handoffs", "replies", "quality_daily", "unresolved_daily"}

const oneMore = `{"type":"message","event_id":"more","shop_id":"s","user_id":"u","conv_id":"c","from":"user","text":"还有货吗","ts":1750830000000}`

// ordersFirst is the events backwards, those of orders before the others.
func ordersFirst(events [][]byte) [][]byte {
	events = slices.Clone(events)
	slices.Reverse(events)
	slices.SortStableFunc(events, func(a, b []byte) int { return rank(a) - rank(b) })
	return events
}

func rank(event []byte) int {
	if bytes.Contains(event, []byte(`"type":"order"`)) {
		return 0
	}
	return 1
}

// tell posts events as one sender that waits for each answer would.
func (i *instance) tell(events [][]byte) {
	i.t.Helper()
	for batch := range slices.Chunk(events, 50) {
		if status, body := exchange(i.t, i.request(batch)); status != http.StatusOK {
			i.t.Fatalf("the door answers %d %s", status, body)
		}
	}
}

// tellThroughAKill kills the instance while events are on their way, and tells
// those again that were not answered, to the next process.
func (i *instance) tellThroughAKill(events [][]byte) {
	i.t.Helper()
	answered := make(chan struct{}, len(events))
	left := make(chan [][]byte)
	go func() {
		for n := 0; n < len(events); n += 10 {
			answer, err := http.DefaultClient.Do(i.request(events[n:min(n+10, len(events))]))
			if err != nil {
				left <- events[n:]
				return
			}
			answer.Body.Close()
			answered <- struct{}{}
		}
		left <- nil
	}()
	for range 3 { // some are in the broker, and so in the middle of everything
		select {
		case <-answered:
		case <-time.After(patience):
			i.t.Fatal("the door does not answer")
		}
	}
	i.kill()
	rest := <-left
	if len(rest) == 0 {
		i.t.Fatal("everything was told before the kill")
	}
	i.again()
	i.tell(rest)
}

// request asks the door to take events.
func (i *instance) request(events [][]byte) *http.Request {
	i.t.Helper()
	key, err := pipeline.Secret(i.dir, "api_key")
	if err != nil {
		i.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(i.t.Context(), http.MethodPost, i.at.HTTP+"/v1/events", bytes.NewReader(bytes.Join(events, []byte("\n"))))
	if err != nil {
		i.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/x-ndjson")
	return r
}

func (i *instance) dump() map[string][]string {
	i.t.Helper()
	dump, err := report.Dump(i.t.Context(), i.warehouse())
	if err != nil {
		i.t.Fatal(err)
	}
	return dump
}

// differences says in which views two dumps are not equal, and where first.
func differences(a, b map[string][]string) []string {
	var all []string
	if !slices.Equal(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))) {
		all = append(all, "there are other views")
	}
	for view, rows := range a {
		if !slices.Equal(rows, b[view]) {
			all = append(all, fmt.Sprintf("bi.%s: %d rows, %d rows, first %s", view, len(rows), len(b[view]), firstDifference(rows, b[view])))
		}
	}
	return all
}

func firstDifference(a, b []string) string {
	for n := range min(len(a), len(b)) {
		if a[n] != b[n] {
			return "\n" + a[n] + "\n" + b[n]
		}
	}
	return "after the shorter one's end"
}
