package askbuy

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

var (
	heading = regexp.MustCompile(`(?m)^#+ `)
	command = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	comment = regexp.MustCompile(`(?m) +#.*$`)
)

// Both READMEs are one text in two languages: as many headings of the same
// depth, and the same commands.
func TestReadmesAgree(t *testing.T) {
	read := func(file string) (depths, commands []string) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range command.FindAllStringSubmatch(string(b), -1) {
			commands = append(commands, comment.ReplaceAllString(block[1], ""))
		}
		return heading.FindAllString(command.ReplaceAllString(string(b), ""), -1), commands
	}
	depthsEN, commandsEN := read("README.md")
	depthsZH, commandsZH := read("README.zh-CN.md")
	if len(commandsEN) == 0 {
		t.Fatal("README.md shows no commands")
	}
	if !slices.Equal(depthsEN, depthsZH) {
		t.Errorf("headings differ: %q and %q", depthsEN, depthsZH)
	}
	if !slices.Equal(commandsEN, commandsZH) {
		t.Errorf("commands differ:\n%q\n%q", commandsEN, commandsZH)
	}
}
