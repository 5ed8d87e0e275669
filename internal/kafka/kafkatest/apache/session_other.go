//go:build !linux

package apache

import "syscall"

// ownGroup keeps an interrupt at the terminal from the child.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
