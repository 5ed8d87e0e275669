package truth

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"askbuy/schemas/event"
)

func TestEveryMeaning(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			check(t, v, load(t, v.Events))
			if !v.Permute {
				return
			}
			for range orders(len(v.Events)) {
				rand.Shuffle(len(v.Events), func(i, j int) { v.Events[i], v.Events[j] = v.Events[j], v.Events[i] })
				check(t, v, load(t, v.Events))
			}
		})
	}
}

// orders is how many shuffles stand for all orders of n events.
func orders(n int) int { return min(n*n, 40) }

func check(t *testing.T, v vector, events []event.Event) {
	t.Helper()
	tables := Derive(events, anyScores(events), nil)
	for name, want := range v.Expect {
		switch name {
		case "dead_letters": // the door's and the sink's, not Derive's
		case "attribution":
			for key, rows := range want.(map[string]any) {
				model, window, _ := strings.Cut(key, "/")
				hours, _ := strconv.ParseInt(window, 10, 64)
				compare(t, key, []string{"shop_id", "order_id", "conv_id", "user_id"}, rows, asMaps(t, tables.Attribute(model, hours)))
			}
		case "funnel":
			for key, rows := range want.(map[string]any) {
				compare(t, key, strings.Split(key, ","), rows, rollUp(t, strings.Split(key, ","), tables.Funnel))
			}
		default:
			keys, rows := table(t, tables, name)
			compare(t, name, keys, want, rows)
		}
	}
}

func table(t *testing.T, tables *Tables, name string) ([]string, []map[string]any) {
	t.Helper()
	eventKey := []string{"shop_id", "user_id", "event_id"}
	switch name {
	case "messages":
		return eventKey, asMaps(t, tables.Messages)
	case "behaviors":
		return eventKey, asMaps(t, tables.Behaviors)
	case "exposures":
		return eventKey, asMaps(t, tables.Exposures)
	case "feedback":
		return eventKey, asMaps(t, tables.Feedback)
	case "conversations":
		return []string{"shop_id", "conv_id", "user_id"}, asMaps(t, tables.Conversations)
	case "orders":
		return []string{"shop_id", "order_id"}, asMaps(t, tables.Orders)
	case "order_items":
		return []string{"shop_id", "order_id", "item_id"}, asMaps(t, tables.OrderItems)
	case "touches":
		return []string{"shop_id", "order_id", "conv_id", "user_id"}, asMaps(t, tables.Touches)
	}
	t.Fatalf("no such table: %s", name)
	return nil, nil
}

// anyScores gives every scored message some score that depends on it alone.
func anyScores(events []event.Event) Scores {
	scores := Scores{}
	for _, e := range distinct(events) {
		if e.Type != event.TypeMessage || !isScored(e) {
			continue
		}
		h := fnv.New32a()
		fmt.Fprint(h, e.ShopID, e.UserID, e.ID)
		share := float64(h.Sum32()%1000) / 1000
		scores[scoreKey(e)] = Score{Intent: "other", Evidence: share - 0.5, BuyScore: share, POrder: share / 2, ModelID: "m"}
	}
	return scores
}

func compare(t *testing.T, what string, keys []string, want any, got []map[string]any) {
	t.Helper()
	left := map[string]map[string]any{}
	for _, row := range got {
		left[keyOf(keys, row)] = row
	}
	for _, w := range want.([]any) {
		row := w.(map[string]any)
		key := keyOf(keys, row)
		have, ok := left[key]
		delete(left, key)
		if !ok {
			if what != "funnel" && !zero(row, keys) {
				t.Errorf("%s: row %s is missing", what, key)
			}
			continue
		}
		for column, value := range row {
			if column == "maturity" {
				continue
			}
			if !matches(value, have[column]) {
				t.Errorf("%s %s: %s is %v, want %v", what, key, column, have[column], value)
			}
		}
	}
	for key, row := range left {
		if !zero(row, keys) {
			t.Errorf("%s: row %s should not be there", what, key)
		}
	}
}

// zero reports a funnel row of which every count is 0.
func zero(row map[string]any, keys []string) bool {
	_, isFunnel := row["conversations"]
	return isFunnel && text(row["conversations"]) == "0" && !slices.Contains(keys, "conv_id")
}

func keyOf(keys []string, row map[string]any) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprint(row[k])
	}
	return strings.Join(parts, " / ")
}

func asMaps[T any](t *testing.T, rows []T) []map[string]any {
	t.Helper()
	b, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// rollUp sums the funnel over the columns that are no keys.
func rollUp(t *testing.T, keys []string, rows []FunnelDay) []map[string]any {
	t.Helper()
	sums := map[string]*FunnelDay{}
	for _, f := range rows {
		var k FunnelDay
		for _, key := range keys {
			switch key {
			case "shop_id":
				k.ShopID = f.ShopID
			case "day":
				k.Day = f.Day
			case "channel":
				k.Channel = f.Channel
			}
		}
		name := fmt.Sprint(k.ShopID, k.Day, k.Channel)
		s := cmp.Or(sums[name], &k)
		sums[name] = s
		s.Conversations += f.Conversations
		s.HighIntent += f.HighIntent
		s.Carted += f.Carted
		s.Ordered += f.Ordered
		s.Kept += f.Kept
		s.GrossAmount += f.GrossAmount
		s.NetAmount += f.NetAmount
		s.OtherCurrencyOrders += f.OtherCurrencyOrders
	}
	var out []FunnelDay
	for _, s := range sums {
		out = append(out, *s)
	}
	return asMaps(t, out)
}
