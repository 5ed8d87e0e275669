package schemas

import (
	_ "embed"
	"sync"

	"github.com/go-json-experiment/json"
)

//go:embed dictionary.zh.json
var dictionaryChinese []byte

// chinese is read once: the file is part of the program, and a test reads it
// beside the comments of every view.
var chinese = sync.OnceValue(func() map[string]string {
	meanings := map[string]string{}
	if err := json.Unmarshal(dictionaryChinese, &meanings); err != nil {
		panic("schemas: dictionary.zh.json: " + err.Error())
	}
	return meanings
})

// InChinese is what the comment of a bi view or column says, in Chinese. The
// comments themselves are the source: each has its translation here, found by
// its words, so that one that is changed has none until it is translated anew.
func InChinese(comment string) (meaning string, known bool) {
	meaning, known = chinese()[comment]
	return meaning, known
}

// ChineseComments lists the comments that have a translation.
func ChineseComments() []string {
	comments := make([]string, 0, len(chinese()))
	for comment := range chinese() {
		comments = append(comments, comment)
	}
	return comments
}
