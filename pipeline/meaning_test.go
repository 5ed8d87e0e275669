package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"askbuy/schemas/clickhouse/meaningtest"
)

const meaningFile = "../schemas/testdata/meaning.json"

// Every case of meaning.json through the webhook gives exactly its rows: as it
// is told, and, where its order says nothing, in other orders as well.
func TestMeaning(t *testing.T) {
	told, err := meaningtest.Load(meaningFile)
	if err != nil {
		t.Fatal(err)
	}
	i := start(t, testConfig(t.TempDir()))
	var cases []meaningtest.Case
	for _, c := range told {
		cases = append(cases, c)
		if c.Permute {
			cases = append(cases, orders(c)...)
		}
	}
	for n, c := range cases {
		i.play(t, c, n%2 == 1)
	}
	i.drained(t)
	for _, c := range cases {
		differences, err := meaningtest.Compare(t.Context(), i.db, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range differences {
			t.Errorf("%s: %s", c.ID, d)
		}
	}
	t.Logf("%d cases in %d orders of arrival", len(told), len(cases))
}

// orders are other orders of arrival of a case: backwards, and shuffled.
func orders(c meaningtest.Case) []meaningtest.Case {
	out := []meaningtest.Case{meaningtest.Rename(meaningtest.Reversed(c), "-reversed")}
	for seed := range uint64(2) {
		shuffled := c
		shuffled.Events = append([]meaningtest.Event(nil), c.Events...)
		dice := rand.New(rand.NewPCG(seed, 1))
		dice.Shuffle(len(shuffled.Events), func(i, j int) {
			shuffled.Events[i], shuffled.Events[j] = shuffled.Events[j], shuffled.Events[i]
		})
		out = append(out, meaningtest.Rename(shuffled, fmt.Sprintf("-shuffled-%d", seed)))
	}
	return out
}

// play posts a case in its order: one request each, or neighbours together.
func (i *instance) play(t *testing.T, c meaningtest.Case, together bool) {
	t.Helper()
	key := i.secret(t, "api_key")
	var waiting [][]byte
	flush := func() {
		if len(waiting) > 0 {
			i.post(t, "/v1/events", key, append(append([]byte("["), bytes.Join(waiting, []byte(","))...), ']'))
			waiting = nil
		}
	}
	for _, e := range c.Events {
		if e.Coze {
			flush()
			i.post(t, "/coze", i.token(t, e.Field("shop_id")), cozeBody(t, e))
			continue
		}
		waiting = append(waiting, e.Body)
		if !together {
			flush()
		}
	}
	flush()
}

// cozeBody says an event in the words of /coze.
func cozeBody(t *testing.T, e meaningtest.Event) []byte {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(e.Body, &fields); err != nil {
		t.Fatal(err)
	}
	body := map[string]json.RawMessage{}
	for there, here := range map[string]string{"user_id": "user_id", "text": "text", "conv_id": "conversation_id", "event_id": "message_id", "ts": "ts", "from": "from"} {
		if value, ok := fields[there]; ok {
			body[here] = value
		}
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
