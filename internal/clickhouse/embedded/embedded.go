// Package embedded runs a real ClickHouse server as a child of this process.
//
// The child is this same executable, started again with an environment variable that makes Main load
// libchdb.so and hand it the command line of clickhouse-local, which then opens the native and the HTTP
// listener. From the outside it is a ClickHouse server; nothing else in the program knows it is embedded.
// Where the library does not exist (anything but linux/amd64), a clickhouse binary on PATH is started with
// the same configuration. The build tag noembed leaves the API and removes the engine, for binaries that
// must be static.
//
// What must stay true:
//   - Main comes first in main() and in TestMain(): in the child it never returns.
//   - The child's stdin is a terminal. With any other stdin, version 26.7 ends the process on the first
//     handler error (a wrong password, a port scan). The terminal's other end is also the lifeline: when
//     this process dies, however it dies, the child reads the end of its input and leaves.
//   - The directory is locked before a byte is written to it, and the child inherits the lock, so that it
//     is free only when the last of both has gone.
package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
)

// Version is the npm version of the engine's package; the server inside calls itself 26.7.2.1.
const Version = "26.7.3-stable.1"

// EnvLib names the environment variable with the path of libchdb.so, for machines without npm.
const EnvLib = "ASKBUY_CLICKHOUSE_LIB"

// Users of the server. The user default exists as well, without a password and from 127.0.0.1 only, because
// the engine boots as that user; it may do nothing but SYSTEM LISTEN.
const (
	ServiceUser = "askbuy"
	BIUser      = "bi"
)

// DefaultMaxMemory is the server's memory limit in bytes when Options.MaxMemory is 0.
const DefaultMaxMemory = 2 << 30

var (
	// ErrAddrInUse says that another process listens on a wanted address; AddrError tells which.
	ErrAddrInUse = errors.New("address already in use")
	// ErrLocked says that a live process holds the directory.
	ErrLocked = errors.New("directory is in use")
	// ErrNoEngine says that there is neither a library nor a clickhouse binary on this machine.
	ErrNoEngine = errors.New("no ClickHouse engine on this machine")
)

// AddrError is ErrAddrInUse with the listener ("http" or "native") and its address.
type AddrError struct{ Listener, Addr string }

func (e *AddrError) Error() string {
	return fmt.Sprintf("listen on %s for ClickHouse %s: %v", e.Addr, e.Listener, ErrAddrInUse)
}

func (e *AddrError) Unwrap() error { return ErrAddrInUse }

// Options say where the server keeps its data and how it is reached.
type Options struct {
	Dir             string       // data, configuration and logs; created with mode 0700
	Lib             string       // path of libchdb.so; "" = $ASKBUY_CLICKHOUSE_LIB, then the user's cache
	HTTPAddr        string       // host:port, port 0 picks a free one; "" = 127.0.0.1:0
	NativeAddr      string       // as HTTPAddr, on the same host
	ServicePassword string       // of user askbuy, who may do everything; required
	Readers         []Reader     // users who may only read; SetReaders changes them
	MaxMemory       int64        // bytes, for the whole server; 0 = DefaultMaxMemory
	Log             *slog.Logger // nil = discard
}

// WithDefaults fills what may be left empty.
func (o Options) WithDefaults() Options {
	if o.HTTPAddr == "" {
		o.HTTPAddr = "127.0.0.1:0"
	}
	if o.NativeAddr == "" {
		o.NativeAddr = "127.0.0.1:0"
	}
	if o.MaxMemory == 0 {
		o.MaxMemory = DefaultMaxMemory
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Validate reports every problem at once.
func (o Options) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.Dir == "" {
		bad("Dir must not be empty")
	}
	if o.ServicePassword == "" {
		bad("ServicePassword must not be empty")
	}
	if o.MaxMemory < 0 {
		bad("MaxMemory must not be negative, got %d", o.MaxMemory)
	}
	httpHost, _, httpErr := net.SplitHostPort(o.HTTPAddr)
	nativeHost, _, nativeErr := net.SplitHostPort(o.NativeAddr)
	switch {
	case httpErr != nil:
		bad("HTTPAddr must be host:port: %w", httpErr)
	case nativeErr != nil:
		bad("NativeAddr must be host:port: %w", nativeErr)
	case httpHost != nativeHost:
		bad("HTTPAddr and NativeAddr must have one host, got %q and %q", httpHost, nativeHost)
	}
	return errors.Join(errors.Join(errs...), validateReaders(o.Readers))
}

// dsn is the address of the native listener for clickhouse-go, as the service user.
func dsn(nativeAddr, password string) string {
	u := url.URL{Scheme: "clickhouse", Host: nativeAddr, Path: "/default", User: url.UserPassword(ServiceUser, password)}
	return u.String()
}
