package mask

import "testing"

func TestLogID(t *testing.T) {
	key := []byte("a key of at least thirty-two bytes")
	id := LogID(key, "1024", "13800138000")
	if id != LogID(key, "1024", "13800138000") {
		t.Error("the same shopper has two ids")
	}
	if len(id) != 17 || id[0] != 'u' {
		t.Errorf("id %q: want u and 16 hex digits", id)
	}
	for _, other := range []string{LogID(key, "1024", "13800138001"), LogID(key, "102", "413800138000"), LogID([]byte("another key of thirty-two bytes!"), "1024", "13800138000")} {
		if other == id {
			t.Errorf("two shoppers or keys share %q", id)
		}
	}
	if masked, _ := Text(id); masked != id {
		t.Errorf("%q is masked", id)
	}
}
