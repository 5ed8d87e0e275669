//go:build unix && !linux && !noembed

package embedded

import "syscall"

// ownSession cannot tie the server to this process's life here: after a kill -9 of this process it must be
// stopped by hand, and the next start says that the directory is still locked.
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true}
}
