package apache

import "syscall"

// ownGroup keeps an interrupt at the terminal from the child, and ends it with
// the thread that started it.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
