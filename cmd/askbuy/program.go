package main

import (
	"os"

	"askbuy/pipeline"
)

// program is how this program was called, for lines to paste.
func program() string { return os.Args[0] }

// dataDirFlag is what another command needs to find this instance.
func dataDirFlag(c pipeline.Config) string {
	if c.DataDir == pipeline.DefaultConfig().DataDir {
		return ""
	}
	return " --data-dir " + c.DataDir
}
