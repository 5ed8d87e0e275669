package ingest_test

import "testing"

// A text that was cut inside an emoji blocks nothing: what is left of the
// emoji is read as U+FFFD, at every door.
func TestHalfAnEmoji(t *testing.T) {
	d := newDoor(t, nil)
	f := func(path, auth, body string) {
		t.Helper()
		if w := d.send("POST", path, auth, body); w.Code != 200 {
			t.Errorf("%s %s: %d %s", path, body, w.Code, w.Body)
		}
	}
	f("/coze", token(""), `{"user_id":"u","text":"hi \ud83d","conversation_id":"c"}`)
	const message = `{"type":"message","shop_id":"s","user_id":"u","conv_id":"c","from":"user",`
	f("/v1/events", "Bearer all", `[`+message+`"event_id":"1","text":"\ude00 hi"},`+message+`"event_id":"2","text":"\ud83d\ude00"}]`)
	f("/v1/score", "Bearer all", `{"shop_id":"s","text":"\ud83d"}`)
	events, letters := d.events(t)
	if len(events) != 3 || len(letters) != 0 {
		t.Fatalf("%d events, %d letters", len(events), len(letters))
	}
	for i, want := range []string{"hi \ufffd", "\ufffd hi", "😀"} {
		if events[i].Text != want {
			t.Errorf("text %d is %q, want %q", i, events[i].Text, want)
		}
	}
}
