//go:build !linux

package main

import "errors"

func onCore(int, func() error) error {
	return errors.New("processes can be bound to cores, and their CPU time be read, on Linux only")
}
