//go:build synctests

package bubble

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// wire is one process's way to the broker. It can be cut, as by kill -9 or a
// pulled cable, and it can be slow.
type wire struct {
	net *kfake.VirtualNetwork

	mu    sync.Mutex
	dead  bool          // for good: its process has crashed
	down  bool          // for a while
	slow  time.Duration // what everything said takes
	conns []net.Conn
}

// errCut is what the system says of a broker that is not there.
var errCut = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}

func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	pipe, err := w.net.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down || w.dead {
		_ = pipe.Close()
		return nil, errCut
	}
	conn := &conn{Conn: pipe, wire: w, written: make(chan struct{}, 1), closed: make(chan struct{})}
	go conn.carry()
	w.conns = append(w.conns, conn)
	return conn, nil
}

func (w *wire) isDead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dead
}

func (w *wire) slowness() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.slow
}

func (w *wire) slowDown(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slow = by
}

// cut ends every connection, for a while or for good.
func (w *wire) cut(forGood bool) {
	w.mu.Lock()
	conns := w.conns
	w.conns, w.down, w.dead = nil, true, w.dead || forGood
	w.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}

// conn is a connection whose writes return at once, as those of a socket do. A
// pipe's wait for the reader, and Sarama holds a lock meanwhile: whoever waits
// for a lock keeps the bubble's clock from going on.
type conn struct {
	net.Conn
	wire    *wire
	written chan struct{} // holds one
	closed  chan struct{}
	once    sync.Once

	mu     sync.Mutex
	buffer []byte
}

func (c *conn) Write(b []byte) (int, error) {
	select {
	case <-c.closed:
		return 0, net.ErrClosed
	default:
	}
	c.mu.Lock()
	c.buffer = append(c.buffer, b...)
	c.mu.Unlock()
	select {
	case c.written <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (c *conn) carry() {
	for {
		select {
		case <-c.written:
		case <-c.closed:
			return
		}
		if slow := c.wire.slowness(); slow > 0 {
			time.Sleep(slow)
		}
		c.mu.Lock()
		b := c.buffer
		c.buffer = nil
		c.mu.Unlock()
		if _, err := c.Conn.Write(b); err != nil {
			_ = c.Close()
			return
		}
	}
}

func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
