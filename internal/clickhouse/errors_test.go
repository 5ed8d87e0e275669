package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

func TestErrorKinds(t *testing.T) {
	f := func(err error, refused bool) {
		t.Helper()
		for _, e := range []error{err, fmt.Errorf("insert into t: %w", err)} {
			if Refused(e) != refused || Unavailable(e) == refused {
				t.Errorf("%v: refused %v, unavailable %v", e, Refused(e), Unavailable(e))
			}
		}
	}
	server := func(code int32, message string) error { return &driver.Exception{Code: code, Message: message} }
	for code := range unavailableNames {
		f(server(code, ""), false)
	}
	// the data or the SQL: type mismatch, parse errors, constraint, syntax, unknown function, enum, out of bounds
	for _, code := range []int32{53, 6, 27, 38, 41, 469, 62, 46, 47, 36, 69, 117, 131, 321, 349, 395, 407, 691, 9999} {
		f(server(code, ""), true)
	}
	f(server(252, "Too many parts (3000) in table. Merges are processing significantly slower than inserts"), false)
	f(server(252, "Too many partitions for single INSERT block (more than 100)"), true)
	f(&RowError{Index: 3, Err: errors.New("value overflows")}, true)
	f(&RowError{Err: io.EOF}, true)
	for _, err := range []error{
		io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded, context.Canceled, syscall.ECONNREFUSED,
		&net.OpError{Op: "dial", Err: syscall.ECONNRESET}, driver.ErrAcquireConnTimeout, driver.ErrConnectionClosed,
		errors.New("something new"),
	} {
		f(err, false)
	}
	if Refused(nil) || Unavailable(nil) {
		t.Error("nil is an error")
	}
}
