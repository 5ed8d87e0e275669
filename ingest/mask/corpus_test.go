package mask

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// sentence is a line of the corpus, personal data between tags. It was written
// in three batches: the grammars were made with the first; docs/privacy.md
// keeps what the later ones came to at first sight.
type sentence struct {
	Lang  string `json:"lang"`  // zh, en
	Batch int    `json:"batch"` // 1 to 3
	Text  string `json:"text"`  // 打 <phone>13800138000</phone>
}

var tag = regexp.MustCompile(`<(/?)(phone|address|id-card|email|bank-card)>`)

// plain takes the tags out and lists what they marked.
func (l *sentence) plain(t *testing.T) (string, []span) {
	var b strings.Builder
	var marked []span
	at, open := 0, -1
	for _, m := range tag.FindAllStringSubmatchIndex(l.Text, -1) {
		b.WriteString(l.Text[at:m[0]])
		at = m[1]
		if m[2] == m[3] {
			open = b.Len()
			continue
		}
		for kind := range kindCount {
			if kindNames[kind] == l.Text[m[4]:m[5]] {
				marked = append(marked, span{open, b.Len(), kind})
			}
		}
		open = -1
	}
	if open >= 0 || len(marked)*2 != len(tag.FindAllString(l.Text, -1)) {
		t.Fatalf("%s: tags do not match", l.Text)
	}
	b.WriteString(l.Text[at:])
	return b.String(), marked
}

func readCorpus(t *testing.T) []sentence {
	file, err := os.Open("testdata/corpus.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // was only read
	var corpus []sentence
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var l sentence
		if err := json.Unmarshal(lines.Bytes(), &l, json.RejectUnknownMembers(true)); err != nil {
			t.Fatalf("line %d: %v", len(corpus)+1, err)
		}
		corpus = append(corpus, l)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return corpus
}

// tally counts one kind in one part of the corpus.
type tally struct {
	marked, covered int // values; those with every byte masked
	found, right    int // masked spans; those that meet a value of their kind
	exact           int // masked spans that are a value, no more and no less
}

func (c *tally) add(kind Kind, marked, found []span) {
	for _, m := range marked {
		if m.kind != kind {
			continue
		}
		c.marked++
		for _, f := range found {
			if f.start <= m.start && f.end >= m.end {
				c.covered++
			}
		}
	}
	for _, f := range found {
		if f.kind != kind {
			continue
		}
		c.found++
		for _, m := range marked {
			if m.kind == kind && f.start < m.end && m.start < f.end {
				c.right++
				if f == m {
					c.exact++
				}
				break
			}
		}
	}
}

func (c *tally) recall() float64    { return float64(c.covered) / float64(max(1, c.marked)) }
func (c *tally) precision() float64 { return float64(c.right) / float64(max(1, c.found)) }

// The floors that docs/privacy.md promises, by kind, over the whole corpus.
var floors = [kindCount]struct{ recall, precision float64 }{
	Phone:    {0.98, 0.98},
	Address:  {0.95, 0.97},
	IDCard:   {1, 1},
	Email:    {1, 1},
	BankCard: {1, 1},
}

func TestCorpus(t *testing.T) {
	corpus := readCorpus(t)
	if len(corpus) < 400 {
		t.Errorf("%d sentences, want at least 400", len(corpus))
	}
	parts := map[string]*[kindCount]tally{}
	without, touched := 0, 0 // sentences without personal data; those changed all the same
	for i := range corpus {
		l := &corpus[i]
		text, marked := l.plain(t)
		found := find(text)
		if len(marked) == 0 {
			without++
			if len(found) > 0 {
				touched++
			}
		}
		for _, part := range []string{"", l.Lang, fmt.Sprint("batch ", l.Batch)} {
			if parts[part] == nil {
				parts[part] = new([kindCount]tally)
			}
			for kind := range kindCount {
				parts[part][kind].add(kind, marked, found)
			}
		}
		if fmt.Sprint(found) != fmt.Sprint(marked) {
			masked, _ := Text(text)
			t.Logf("differs: %s\n     got: %s", l.Text, masked)
		}
	}
	for _, part := range []string{"zh", "en", "batch 1", "batch 2", "batch 3", ""} {
		for kind := range kindCount {
			c := parts[part][kind]
			t.Logf("%-10s %-9s marked %3d  recall %.3f  precision %.3f  exact %.3f", part, kind, c.marked, c.recall(), c.precision(), float64(c.exact)/float64(max(1, c.found)))
			if floor := floors[kind]; part == "" && (c.recall() < floor.recall || c.precision() < floor.precision) {
				t.Errorf("%v: below the floors %v", kind, floor)
			}
		}
	}
	t.Logf("%d sentences, %d without personal data, %d of these changed", len(corpus), without, touched)
	if touched*100 > without {
		t.Errorf("%d of %d sentences without personal data are changed, want at most 1 %%", touched, without)
	}
}
