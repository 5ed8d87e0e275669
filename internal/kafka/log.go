package kafka

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// gokaLog passes Goka's chatter on at debug level; what matters of it comes
// back as errors.
type gokaLog struct{ log *slog.Logger }

func (g gokaLog) Print(args ...any)   { g.say(func() string { return fmt.Sprint(args...) }) }
func (g gokaLog) Println(args ...any) { g.say(func() string { return fmt.Sprintln(args...) }) }
func (g gokaLog) Printf(format string, args ...any) {
	g.say(func() string { return fmt.Sprintf(format, args...) })
}

func (g gokaLog) say(text func() string) {
	if g.log.Enabled(context.Background(), slog.LevelDebug) {
		g.log.Debug("goka: " + hideKeys(strings.TrimSpace(text())))
	}
}
