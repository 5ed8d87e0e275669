package pipeline

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"askbuy/internal/wait"
	"askbuy/models/registry"
)

// rulesEvery is how often the file of rules is looked at.
const rulesEvery = 2 * time.Second

// rulesFile is a file of rules that an operator edits. What it holds is
// published in the models log, so that all instances read a message by the
// same rules, now and whenever it is read again. A file that is not there says
// nothing.
type rulesFile struct {
	path    string
	publish func(ctx context.Context, raw []byte, by, why string) (registry.Entry, error)
	log     *slog.Logger

	done []byte // what was published, or refused
}

func (f *rulesFile) run(ctx context.Context) error {
	for {
		f.look(ctx)
		if wait.For(ctx, rulesEvery) != nil {
			return nil
		}
	}
}

// look publishes what is new in the file. What is broken is said once, and
// what cannot be published now is tried again.
func (f *rulesFile) look(ctx context.Context) {
	raw, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && f.done != nil && bytes.Equal(raw, f.done) {
		return
	}
	var e registry.Entry
	if err == nil {
		e, err = f.publish(ctx, raw, "askbuy", "file "+f.path)
	}
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, registry.ErrNothing):
		f.done = append([]byte{}, raw...)
	case errors.Is(err, registry.ErrBundle):
		f.done = append([]byte{}, raw...)
		f.log.Error("the file of intent rules is refused; the rules stay as they were", "file", f.path, "err", err)
	case err != nil:
		f.log.Warn("the file of intent rules cannot be published yet", "file", f.path, "err", err)
	default:
		f.done = append([]byte{}, raw...)
		f.log.Info("intent rules are published", "file", f.path, "rules", e.RulesID, "in_force_from", time.UnixMilli(e.From).UTC())
	}
}
