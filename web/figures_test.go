package web_test

import (
	"cmp"
	"encoding/json"
	"html"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"askbuy/web"
)

// shownNumber is one number of a page: its place (page, card, column), what it
// says, and where it leads.
type shownNumber struct{ place, text, href string }

var (
	cards      = regexp.MustCompile(`(?s)<section class="card[^"]*"(?: id="[^"]*")? aria-labelledby="([^"]+)-title"(.*?)</section>`)
	tableHeads = regexp.MustCompile(`(?s)<th scope="col"[^>]*>(.*?)</th>`)
	tableRows  = regexp.MustCompile(`(?s)<tr>(.*?)</tr>`)
	tableCells = regexp.MustCompile(`(?s)<(?:th scope="row"|td(?: class="([^"]*)")?)>(.*?)</t[hd]>`)
	inACell    = regexp.MustCompile(`(?s)^(?:<a href="([^"]*)">)?([^<]*)`)
	tiles      = regexp.MustCompile(`(?s)<section class="card tile"[^>]*>\s*<h2>(.*?)</h2>\s*<p class="value">(.*?)</p>(.*?)</section>`)
	changes    = regexp.MustCompile(`(?s)<p class="change[^"]*">(.*?)</p>`)
	toDos      = regexp.MustCompile(`<li><a href="([^"]*)"><b>([^<]*)</b>`)
	charts     = regexp.MustCompile(`(?s)<script type="application/json">(.*?)</script>`)
	asked      = regexp.MustCompile(`<a href="([^"]*)">asked ([\d,]+) times</a>`)
	// aFigure is a count or an amount. Shares, moments and lengths of time are
	// made of counts that stand beside them.
	aFigure = regexp.MustCompile(`^(?:¥|[A-Z]{3} )?[\d,]+(?:\.\d+)?$`)
	// sums is where a list says what its rows add up to.
	sums = regexp.MustCompile(`(?s)<p class="since">(.*?)</p>|<h2 id="shoppers-title">(.*?)</h2>`)
)

// unlinked are the numbers that lead nowhere, and why.
var unlinked = map[string]string{
	"conversations:list": ofItself, "orders:list": ofItself, "shoppers:list": ofItself, "messages:list": ofItself, "credits:credits": ofItself,
	"handoffs:queue": ofItself, "deadletters:letters": ofItself, "experiments:shoppers": ofItself, "records:records.list": ofItself, "live:live": ofItself,
	"scores:reliability/Conversations (weight)": weighed, "scores:thresholds": weighed, "scores:expected": weighed, "scores:scores.days": weighed, "scores:thresholds/chart": weighed, "scores:expected/chart": weighed,
	"experiments:list/Planned":    "is planned, not counted",
	"experiments:effects":         "is of a look that is kept as it was made: askbuy experiment replay computes it again from what is stored with it",
	"experiments:effects/chart":   "the same",
	"pipeline:ledger/In flight":   "is what nobody has read: there is no row of it",
	"pipeline:ledger/Unexplained": "is what has no receipt: there is no row of it",
	"experiments:units/chart":     "has several lines at one place; the table below it leads to the shoppers of each",
}

const (
	ofItself = "a row is the thing itself, and its numbers are its own"
	weighed  = "is a sum of weights: a conversation weighs 1, its messages share that"
)

// plainWord is a cell's text.
func plainWord(text string) string { return strings.TrimSpace(html.UnescapeString(text)) }

// numbersOf are all numbers of a page.
func numbersOf(page, name string) (list []shownNumber) {
	add := func(place, cell string) {
		found := inACell.FindStringSubmatch(strings.TrimSpace(cell))
		list = append(list, shownNumber{name + ":" + place, plainWord(found[2]), html.UnescapeString(found[1])})
	}
	for _, card := range cards.FindAllStringSubmatch(page, -1) {
		var heads []string
		for _, head := range tableHeads.FindAllStringSubmatch(card[2], -1) {
			heads = append(heads, plainWord(head[1]))
		}
		for _, row := range tableRows.FindAllStringSubmatch(card[2], -1) {
			for i, cell := range tableCells.FindAllStringSubmatch(row[1], -1) {
				if i < len(heads) && (strings.HasPrefix(cell[1], "n") || i == 0 && card[1] == "attributed") {
					add(card[1]+"/"+heads[i], cell[2])
				}
			}
		}
		for _, chart := range charts.FindAllStringSubmatch(card[2], -1) {
			var drawn struct {
				X, Hrefs []string
			}
			if err := json.Unmarshal([]byte(chart[1]), &drawn); err != nil || len(drawn.X) != len(drawn.Hrefs) {
				list = append(list, shownNumber{name + ":" + card[1] + "/chart", "1", ""})
			}
		}
	}
	for _, t := range tiles.FindAllStringSubmatch(page, -1) {
		add("tile/"+plainWord(t[1]), t[2])
		for _, change := range changes.FindAllStringSubmatch(t[3], -1) {
			if !strings.Contains(change[1], "compared=before") {
				list = append(list, shownNumber{name + ":tile/" + plainWord(t[1]) + "/change", "1", ""})
			}
		}
	}
	for _, t := range toDos.FindAllStringSubmatch(page, -1) {
		list = append(list, shownNumber{name + ":todo", plainWord(t[2]), html.UnescapeString(t[1])})
	}
	for _, t := range asked.FindAllStringSubmatch(page, -1) {
		list = append(list, shownNumber{name + ":asked", t[2], html.UnescapeString(t[1])})
	}
	return slices.DeleteFunc(list, func(n shownNumber) bool { return !aFigure.MatchString(n.text) })
}

// value orders numbers of one place: the greatest is the least likely to be
// right by chance.
func (n shownNumber) value() float64 {
	v, _ := strconv.ParseFloat(strings.NewReplacer(",", "", "¥", "").Replace(n.text), 64)
	return v
}

// timeless are lists of now.
var timeless = []string{"/messages", "/experiments", "/deadletters", "/handoffs", "/knowledge"}

// TestNumbersLeadToTheirRows goes over every page: each number leads to a list,
// or says above why not; and of each kind of number the greatest is what the
// list that it opens says of its rows.
func TestNumbersLeadToTheirRows(t *testing.T) {
	r := newReader(t, func(deps *web.Deps) { deps.Desk, deps.Letters = newCounter(), &box{} })
	used := map[string]bool{}
	kinds := map[string]shownNumber{}
	pages := append(slices.Clone(paths), "/funnel?range=30d&unit=shoppers&net=yes&by=channel", "/attribution?model=linear&window_hours=168&range=30d&by=coupon", "/credits?range=30d&rows=orders", "/credits?range=30d&rows=conversations", "/experiments?experiment=greeting&variant=treatment")
	for _, path := range pages {
		at, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		name := cmp.Or(strings.Trim(at.Path, "/"), "overview")
		for _, n := range numbersOf(r.page(path), name) {
			card, _, _ := strings.Cut(n.place, "/")
			switch {
			case n.href != "":
				if n.value() >= kinds[n.place].value() {
					kinds[n.place] = n
				}
			case unlinked[n.place] != "":
				used[n.place] = true
			case unlinked[card] != "":
				used[card] = true
			default:
				t.Errorf("%s: %s leads nowhere", n.place, n.text)
			}
		}
	}
	for place := range unlinked {
		if !used[place] {
			t.Errorf("%s is excused, but there is no such number without a link", place)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		r.equals(kinds[kind])
	}
	if len(kinds) < 80 {
		t.Errorf("only %d kinds of numbers: the test says little", len(kinds))
	}
	t.Logf("%d kinds of numbers", len(kinds))
}

// equals opens the list behind a number and compares.
func (r *reader) equals(n shownNumber) {
	r.Helper()
	to, part, _ := strings.Cut(n.href, "#")
	path, _, _ := strings.Cut(to, "?")
	if !strings.Contains(to, "as_of=") && !slices.Contains(timeless, path) {
		r.Errorf("%s: %s is of no moment", n.place, to)
	}
	list := r.page(to)
	switch {
	case part == "touches":
		card := list[strings.Index(list, `id="touches-title"`):]
		if rows := strings.Count(card, `<th scope="row">`); n.text != strconv.Itoa(rows) {
			r.Errorf("%s: %s leads to %d rows of %s", n.place, n.text, rows, n.href)
		}
		return
	case n.place == "overview:todo" && path == "/knowledge":
		if cards := strings.Count(list, `class="card question"`); n.text != strconv.Itoa(cards) {
			r.Errorf("%s: %s leads to %d questions", n.place, n.text, cards)
		}
		return
	}
	var said []string
	for _, found := range sums.FindAllStringSubmatch(list, -1) {
		said = append(said, html.UnescapeString(found[1]+found[2]))
	}
	// A short amount has no decimals.
	words := regexp.MustCompile(`(?:^|[\s(])` + regexp.QuoteMeta(n.text) + `(?:\.00)?(?:[,.)]?(?:[\s<]|$))`)
	if !words.MatchString(strings.Join(said, " ")) {
		r.Errorf("%s: %s leads to %q of %s", n.place, n.text, said, n.href)
	}
}
