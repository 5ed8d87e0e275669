package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Load reads every .yaml and .yml file of a directory (not of those in it) and
// sorts the experiments by key. A directory that is not there has none. The
// error names each file with each of its problems; a key that two files use is
// one.
func Load(dir string) ([]Experiment, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read experiments: %w", err)
	}
	var experiments []Experiment
	var problems []error
	files := map[string]string{}
	for _, entry := range entries {
		if extension := filepath.Ext(entry.Name()); entry.IsDir() || extension != ".yaml" && extension != ".yml" {
			continue
		}
		e, err := loadFile(filepath.Join(dir, entry.Name()))
		if other, twice := files[e.Key]; twice && err == nil {
			err = fmt.Errorf("read %s: experiment: key %q is that of %s: rename one", entry.Name(), e.Key, other)
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		files[e.Key] = entry.Name()
		experiments = append(experiments, e)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	slices.SortFunc(experiments, func(a, b Experiment) int { return strings.Compare(a.Key, b.Key) })
	return experiments, nil
}

func loadFile(file string) (Experiment, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return Experiment{}, fmt.Errorf("read experiment: %w", err)
	}
	e, err := Parse(b)
	if err != nil {
		return Experiment{}, fmt.Errorf("read %s: %w", filepath.Base(file), err)
	}
	return e, nil
}
