package report

import (
	"io"
	"strings"
)

// writeMarkdown writes a page for a wiki or a ticket.
func writeMarkdown(w io.Writer, p page) error {
	var b strings.Builder
	b.WriteString("# " + cellText(p.title) + "\n")
	for _, s := range p.sections {
		b.WriteString("\n")
		if s.title != "" {
			b.WriteString("## " + cellText(s.title) + "\n\n")
		}
		writeMarkdownTable(&b, s)
		if len(s.notes) > 0 && len(s.rows) > 0 {
			b.WriteString("\n")
		}
		for _, note := range s.notes {
			b.WriteString("- " + cellText(note) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeMarkdownTable(b *strings.Builder, s section) {
	if len(s.rows) == 0 {
		return
	}
	columns := s.columns
	if len(columns) == 0 { // a table must have a head
		columns = make([]string, len(s.rows[0]))
	}
	line := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + cellText(c) + " ")
		}
		b.WriteString("|\n")
	}
	line(columns)
	b.WriteString(strings.Repeat("| --- ", len(columns)) + "|\n")
	for _, row := range s.rows {
		line(row)
	}
}

// cellText keeps ids as sent from becoming markup.
func cellText(s string) string {
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", "[", "\\[", "`", "\\`", "*", "\\*", "_", "\\_").Replace(printable(s))
}
