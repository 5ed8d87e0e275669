package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
)

// diskWatch is the broker's logger. It passes on what an operator should see
// (the broker speaks at info about every request), and notices the first write
// that failed: kfake tells nobody else.
type diskWatch struct {
	log    *slog.Logger
	failed chan struct{} // closed at the first failure
	once   sync.Once
	err    error // valid once failed is closed
}

func newDiskWatch(log *slog.Logger) *diskWatch {
	return &diskWatch{log: log, failed: make(chan struct{})}
}

func (w *diskWatch) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		w.log.Error("embedded broker: " + fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		w.log.Warn("embedded broker: " + fmt.Sprintf(format, args...))
	default:
		return
	}
	for _, arg := range args {
		if err, ok := arg.(error); ok && errors.As(err, new(*fs.PathError)) {
			w.once.Do(func() {
				w.err = err
				close(w.failed)
			})
		}
	}
}

// failure is the first write that failed, nil when all went well so far.
func (w *diskWatch) failure() error {
	select {
	case <-w.failed:
		return w.err
	default:
		return nil
	}
}
