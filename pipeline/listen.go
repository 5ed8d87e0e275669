package pipeline

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listen opens the address of a setting. A given address has to be free; a
// default that is taken moves to any free port of its host.
func listen(setting, given, fallback string) (net.Listener, error) {
	if given != "" {
		l, err := net.Listen("tcp", given)
		if err != nil {
			return nil, addrError(setting, given, err)
		}
		return l, nil
	}
	l, err := net.Listen("tcp", fallback)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	return net.Listen("tcp", anyPort(fallback))
}

// addrError says which setting to change.
func addrError(setting, addr string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return taken(setting, addr)
	}
	return fmt.Errorf("%s: cannot listen on %s: %w", setting, addr, err)
}

// anyPort is the address with port 0.
func anyPort(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "127.0.0.1:0"
	}
	return net.JoinHostPort(host, "0")
}
