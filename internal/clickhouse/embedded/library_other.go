//go:build unix && !(linux && amd64) && !noembed

package embedded

import "os"

const hasLibrary = false

// Main does nothing where there is no library to turn into.
func Main() {}

func launchLibrary(string, *settings, *os.File) (*child, error) { return nil, ErrNoEngine }
