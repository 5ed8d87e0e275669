//go:build linux && !noembed

package embedded

import "syscall"

// ownSession also ends the server with SIGTERM when this process dies.
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGTERM}
}
