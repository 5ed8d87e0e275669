// Command generate trains the shipped intent model and writes its bundle into
// the directory default, for go generate.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"askbuy/models/intent/train"
)

func main() {
	if err := run("default"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string) error {
	bundle, report, err := train.Train(train.DefaultConfig())
	if err != nil {
		return err
	}
	fmt.Printf("%s\n%s", bundle.Manifest.ID, report)
	files, err := bundle.Files()
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return fmt.Errorf("write bundle: %w", err)
		}
	}
	return nil
}
