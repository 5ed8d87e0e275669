package report

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// page is a report for people.
type page struct {
	title    string
	sections []section
}

// section is an aligned table with sentences under it.
type section struct {
	title   string
	columns []string
	rows    [][]string
	notes   []string
}

// missing stands where there is nothing to measure.
const missing = "-"

func writeText(w io.Writer, p page) error {
	var b strings.Builder
	b.WriteString(p.title + "\n")
	for _, s := range p.sections {
		b.WriteString("\n")
		if s.title != "" {
			b.WriteString(s.title + "\n")
		}
		writeTable(&b, s)
		for _, note := range s.notes {
			b.WriteString("  * " + note + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTable aligns the first column left and all others right.
func writeTable(b *strings.Builder, s section) {
	lines := s.rows
	if len(s.columns) > 0 {
		lines = append([][]string{s.columns}, s.rows...)
	}
	var widths []int
	for _, line := range lines {
		for i, cell := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(printable(cell)))
		}
	}
	for _, line := range lines {
		var out strings.Builder
		for i, cell := range line {
			cell = printable(cell)
			pad := strings.Repeat(" ", widths[i]-width(cell))
			if i == 0 {
				out.WriteString("  " + cell + pad)
			} else {
				out.WriteString("  " + pad + cell)
			}
		}
		b.WriteString(strings.TrimRight(out.String(), " ") + "\n")
	}
}

// printable keeps ids as sent from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// width is how many columns of a terminal a text takes: two for the scripts
// of East Asia and their punctuation.
func width(s string) (n int) {
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
			r >= 0x3000 && r <= 0x303f, r >= 0xff01 && r <= 0xff60, r >= 0x1f300 && r <= 0x1faff:
			n += 2
		default:
			n++
		}
	}
	return n
}

func writeJSON(w io.Writer, r any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// writeCSV begins with a byte order mark, without which spreadsheets take
// Chinese for something else.
func writeCSV(w io.Writer, sheet [][]string) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	for _, row := range sheet {
		out := make([]string, len(row))
		for i, cell := range row {
			out[i] = inert(cell)
		}
		if err := c.Write(out); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// inert keeps an id that a stranger chose from being a spreadsheet's formula.
// Numbers, negative ones too, stay as they are.
func inert(cell string) string {
	if _, err := strconv.ParseFloat(cell, 64); err == nil || cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	return "'" + cell
}

func integer(n int64) string { return strconv.FormatInt(n, 10) }

func percent(v *float64) string {
	if v == nil {
		return missing
	}
	return strconv.FormatFloat(*v*100, 'f', 1, 64) + " %"
}

func times(v *float64) string {
	if v == nil {
		return missing
	}
	return strconv.FormatFloat(*v, 'f', 2, 64)
}

// exact is a float for programs, "" for nothing.
func exact(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

// orNone shows an empty key.
func orNone(key string, l Lang) string {
	if key == "" {
		return l.say("(none)", "(无)")
	}
	return key
}

// say picks the text of a language.
func (l Lang) say(english, chinese string) string {
	if l == Chinese {
		return chinese
	}
	return english
}

// rate is a rate with its interval and n.
func (l Lang) rate(r Rate) string {
	if r.Value == nil {
		return missing
	}
	return percent(r.Value) + " [" + percent(r.Low) + ", " + percent(r.High) + "] n=" + integer(r.N) + marks[r.Warning]
}

// marks stand behind a rate of a table; legend explains those that occur.
var marks = map[Warning]string{WorseThanFifteen: " !!", WorseThanFive: " !"}

func (l Lang) legend(rates ...Rate) []string {
	var notes []string
	for _, w := range []Warning{WorseThanFifteen, WorseThanFive} {
		if !slices.ContainsFunc(rates, func(r Rate) bool { return r.Warning == w }) {
			continue
		}
		note := l.say("the error may be worse than 5 points (n below 385)", "误差可能超过 5 个百分点(n 小于 385)")
		if w == WorseThanFifteen {
			note = l.say("the error may be worse than 15 points (n below 43)", "误差可能超过 15 个百分点(n 小于 43)")
		}
		notes = append(notes, strings.TrimSpace(marks[w])+" "+note)
	}
	return notes
}

// warn is the caveat of a rate as a sentence.
func (l Lang) warn(name string, r Rate) []string {
	n := " (n=" + integer(r.N) + ")"
	switch r.Warning {
	case WorseThanFifteen:
		return []string{name + l.say(": the error may be worse than 15 points", ":误差可能超过 15 个百分点") + n}
	case WorseThanFive:
		return []string{name + l.say(": the error may be worse than 5 points", ":误差可能超过 5 个百分点") + n}
	case NothingToMeasure:
		return []string{name + l.say(": nothing to measure yet", ":暂无可计算的数据")}
	}
	return nil
}

// scope describes a filter.
func (f Filter) scope(l Lang) string {
	var parts []string
	for _, p := range [][2]string{
		{l.say("shop ", "店铺 "), f.Shop}, {l.say("from ", "自 "), f.From}, {l.say("to ", "至 "), f.To},
		{l.say("channel ", "渠道 "), f.Channel}, {l.say("intent ", "意图 "), f.Intent},
	} {
		if p[1] != "" {
			parts = append(parts, p[0]+printable(p[1]))
		}
	}
	if len(parts) == 0 {
		return l.say("all shops, all days", "全部店铺,全部日期")
	}
	return strings.Join(parts, ", ")
}
