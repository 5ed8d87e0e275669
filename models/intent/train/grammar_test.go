package train

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func mustGrammar(t *testing.T) *grammar {
	t.Helper()
	g, err := parseGrammar(grammarText())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGrammarWrites(t *testing.T) {
	f := func(template string, want ...string) {
		t.Helper()
		g, err := parseGrammar("@x 一|二\n[t]\n" + template)
		if err != nil {
			t.Fatalf("%s: %v", template, err)
		}
		r := rand.New(rand.NewPCG(1, 1))
		got := map[string]bool{}
		for range 200 {
			var b strings.Builder
			g.write(&b, g.pick("t", r), r)
			got[b.String()] = true
		}
		for _, s := range want {
			if !got[s] {
				t.Errorf("%s never writes %q", template, s)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s writes %v, want %q", template, got, want)
		}
	}
	f("多少钱", "多少钱")
	f("(a|b|)c", "ac", "bc", "c")
	f("{x}个", "一个", "二个")
	f("(好|({x}|三))", "好", "一", "二", "三")
	f("a(b)?{x}?", "a", "ab", "a一", "a二", "ab一", "ab二")
	f("吗?", "吗?")
}

func TestGrammarFaults(t *testing.T) {
	for _, text := range []string{"[t]\n(a|b", "[t]\na)", "[t]\n{x", "[t]\n{y}", "[t]\n(a|{y})", "@x (a"} {
		if _, err := parseGrammar(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// The shipped grammar is large enough to be worth the name, and leaves no
// marks of its making in what it writes.
func TestShippedGrammar(t *testing.T) {
	g := mustGrammar(t)
	s := &speaker{grammar: g, rand: rand.New(rand.NewPCG(2, 2))}
	total := 0
	for i, topic := range g.topics {
		n := g.templates(topic)
		if total += n; n < 60 {
			t.Errorf("%s has %d templates, want at least 60", topic, n)
		}
		for range 300 {
			if text := s.say(i); strings.ContainsAny(text, "{}()|@\\") {
				t.Errorf("%s: %q", topic, text)
			}
		}
	}
	if total < 3000 || len(g.topics) < 19 {
		t.Errorf("%d templates of %d acts, want at least 3000 of 19", total, len(g.topics))
	}
}

// Every template of an act is in one part, and the parts make up the whole.
func TestDivide(t *testing.T) {
	g := mustGrammar(t)
	for _, wholly := range []bool{false, true} {
		parts := g.divide(rand.New(rand.NewPCG(1, 2)), 5, wholly)
		for _, topic := range g.topics {
			all, some, rest := g.templates(topic), parts[0].templates(topic), join(parts, 0).templates(topic)
			if some+rest != all || some == 0 || some > rest {
				t.Errorf("%s, families whole %v: %d templates are parted into %d and %d", topic, wholly, all, some, rest)
			}
		}
	}
}
