package doortest

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"askbuy/schemas/event"
)

// TestTheDoorKnowsEveryFault plays every shared case of meanings and looks at
// what is set aside.
func TestTheDoorKnowsEveryFault(t *testing.T) {
	b, err := os.ReadFile("../../../schemas/testdata/meaning.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID     string
			Events []json.RawMessage
			Expect struct {
				Letters *[]struct {
					Reason  event.Reason
					EventID string `json:"event_id"`
				} `json:"dead_letters"`
			}
		}
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		if c.Expect.Letters == nil {
			continue
		}
		door := &Door{Now: func() time.Time { return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) }}
		for _, raw := range c.Events {
			door.take(raw, raw)
		}
		for _, want := range *c.Expect.Letters {
			i := slices.IndexFunc(door.Letters, func(l Letter) bool {
				return l.EventID == want.EventID && (want.Reason == "" || want.Reason == l.Reason)
			})
			if i < 0 {
				t.Errorf("%s: %s is not set aside for %s", c.ID, want.EventID, want.Reason)
				continue
			}
			door.Letters = slices.Delete(door.Letters, i, i+1)
		}
		for _, l := range door.Letters {
			if l.EventID != "" { // anonymous messages of /coze are not for take alone
				t.Errorf("%s: %s is set aside for %s", c.ID, l.EventID, l.Reason)
			}
		}
	}
}
