//go:build unix && !noembed

package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Engine is a running server. It is ready when Start returns it.
type Engine struct {
	lock     *os.File
	start    launcher
	settings settings // fixed after the first start, but for the readers
	delay    func(failures int) time.Duration
	ended    context.Context // done once Close was called
	end      context.CancelFunc

	mu    sync.Mutex            // held while a child is started or stopped
	child atomic.Pointer[child] // the present one, or the last while a new one starts
}

// Start locks the directory, starts the server and returns when it answers on both listeners. ctx bounds the
// start only. Errors: ErrLocked, ErrAddrInUse (as *AddrError), ErrNoEngine, or what the server said.
func Start(ctx context.Context, o Options) (*Engine, error) {
	o = o.WithDefaults()
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("start embedded ClickHouse: %w", err)
	}
	start, byBinary, err := findLauncher(o.Lib)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("resolve ClickHouse directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make ClickHouse directory: %w", err)
	}
	s, err := newSettings(o, dir)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(ctx, dir)
	if err != nil {
		return nil, err
	}
	e := &Engine{lock: lock, start: start, settings: s, delay: restartDelay}
	e.ended, e.end = context.WithCancel(context.Background())
	if err := e.startFirst(ctx, byBinary); err != nil {
		e.end()
		return nil, errors.Join(err, lock.Close())
	}
	return e, nil
}

func (e *Engine) startFirst(ctx context.Context, byBinary bool) error {
	if err := e.settings.checkFree(); err != nil {
		return err
	}
	if byBinary {
		if err := e.settings.pickPorts(); err != nil {
			return err
		}
	}
	return e.launch(ctx)
}

// launch starts a child and waits until it is ready; it leaves no process behind when it fails.
func (e *Engine) launch(ctx context.Context) error {
	if err := e.settings.write(); err != nil {
		return err
	}
	if err := writePrivate(e.settings.path(portsFile), ""); err != nil {
		return err
	}
	c, err := e.start(&e.settings, e.lock)
	if err != nil {
		return err
	}
	if err := awaitReady(ctx, &e.settings, c); err != nil {
		return errors.Join(err, c.stop())
	}
	e.child.Store(c)
	return nil
}

// HTTPAddr is host:port of the HTTP listener; it never changes.
func (e *Engine) HTTPAddr() string { return e.settings.httpAddr() }

// NativeAddr is host:port of the native listener; it never changes.
func (e *Engine) NativeAddr() string { return e.settings.nativeAddr() }

// DSN is the native listener's address as the service user, with its password.
func (e *Engine) DSN() string { return dsn(e.NativeAddr(), e.settings.ServicePassword) }

// PID is the process id of the present server process, or of the last one while a new one starts.
func (e *Engine) PID() int {
	return e.child.Load().cmd.Process.Pid
}

// Close stops the server and releases the directory. It may be called more than once; later calls return nil.
func (e *Engine) Close() error {
	e.end() // first, so that a restart under way gives up the mutex
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lock == nil {
		return nil
	}
	err := e.child.Load().stop()
	err = errors.Join(err, e.lock.Close())
	e.lock = nil
	return err
}

func isAddrInUse(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && errors.Is(op, unix.EADDRINUSE)
}
