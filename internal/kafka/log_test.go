package kafka

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestGokaIsQuiet(t *testing.T) {
	var out bytes.Buffer
	say := func(level slog.Level) {
		g := gokaLog{slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))}
		g.Print("one")
		g.Println("two")
		g.Printf("three %d\n", 3)
		g.Printf("could not commit message with key '%s': closed", "4:1024u_987")
	}
	say(slog.LevelInfo)
	if out.Len() != 0 {
		t.Errorf("at info: %s", out.String())
	}
	say(slog.LevelDebug)
	if got := out.String(); strings.Count(got, "\n") != 4 || strings.Contains(got, "u_987") || !strings.Contains(got, `msg="goka: three 3"`) {
		t.Errorf("at debug: %s", got)
	}
}
