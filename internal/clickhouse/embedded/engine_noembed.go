//go:build noembed || !unix

package embedded

import (
	"context"
	"fmt"
	"io"
)

// Engine cannot exist in this build.
type Engine struct{}

// Main does nothing: there is no engine to turn into.
func Main() {}

// Start always fails and names the way out.
func Start(context.Context, Options) (*Engine, error) {
	return nil, fmt.Errorf("%w: this binary was built without one (build tag noembed, or no Unix): "+
		"set --clickhouse-dsn (ASKBUY_CLICKHOUSE_DSN), or build without the tag", ErrNoEngine)
}

// Fetch always fails: a fetched engine could not be used by this build.
func Fetch(context.Context, io.Writer) (string, error) {
	return "", fmt.Errorf("fetch engine: %w: this binary was built without one", ErrNoEngine)
}

// HTTPAddr is empty.
func (*Engine) HTTPAddr() string { return "" }

// NativeAddr is empty.
func (*Engine) NativeAddr() string { return "" }

// DSN is empty.
func (*Engine) DSN() string { return "" }

// PID is 0.
func (*Engine) PID() int { return 0 }

// Run returns at once.
func (*Engine) Run(context.Context) error { return nil }

// Close does nothing.
func (*Engine) Close() error { return nil }

// SetReaders does nothing.
func (*Engine) SetReaders(context.Context, []Reader) error { return nil }
