package web

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// The catalogue is every text for people, in both languages side by side, a
// file for each group of pages. {0}, {1} ... stand for what is put in.
//
//go:embed catalogue/*.json
var catalogueFiles embed.FS

// text is one entry.
type text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

func (t text) in(l Lang) string {
	if l == Chinese {
		return t.ZH
	}
	return t.EN
}

// catalogue is read once: the files are part of the program, and a test reads
// every entry.
var catalogue = readCatalogue()

func readCatalogue() map[string]text {
	all := map[string]text{}
	names, err := fs.Glob(catalogueFiles, "catalogue/*.json")
	if err != nil {
		panic("web: " + err.Error()) // the pattern is valid
	}
	for _, name := range names {
		content, err := catalogueFiles.ReadFile(name)
		if err != nil {
			panic("web: " + err.Error())
		}
		entries := map[string]text{}
		if err := json.Unmarshal(content, &entries, json.RejectUnknownMembers(true)); err != nil {
			panic(fmt.Sprintf("web: %s: %v", name, err))
		}
		for key, entry := range entries {
			if _, twice := all[key]; twice {
				panic(fmt.Sprintf("web: %s: %s stands in another file as well", name, key))
			}
			all[key] = entry
		}
	}
	return all
}

// known reports whether there is a text of a key that comes from outside.
func known(key string) bool {
	_, there := catalogue[key]
	return there
}

// translate is a text with its values put in. A key that there is not is an
// error, so that no page shows one.
func translate(l Lang, key string, values ...any) (string, error) {
	entry, known := catalogue[key]
	if !known {
		return "", fmt.Errorf("catalogue: there is no text %q", key)
	}
	if len(values) == 0 {
		return entry.in(l), nil
	}
	pairs := make([]string, 0, 2*len(values))
	for i, v := range values {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", fmt.Sprint(v))
	}
	return strings.NewReplacer(pairs...).Replace(entry.in(l)), nil
}
