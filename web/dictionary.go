package web

import (
	"context"

	"askbuy/schemas"
)

// dictionary is every promised view with its columns.
type dictionary struct {
	Views []viewEntry
	Take  figure
}

type viewEntry struct {
	Name, Grain string
	Columns     table
}

func dictionaryPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	a, err := d.ask(ctx, v, "dictionary")
	if err != nil {
		return nil, err
	}
	body := dictionary{}
	for row := range a.Rows {
		name := a.text(row, "view")
		if n := len(body.Views); n == 0 || body.Views[n-1].Name != name {
			body.Views = append(body.Views, viewEntry{Name: name, Grain: meaning(v, a.text(row, "grain")), Columns: table{Head: []cell{words(v.t("column.column")), words(v.t("column.type")), words(v.t("column.meaning"))}}})
		}
		if column := a.text(row, "column"); column != "" {
			last := &body.Views[len(body.Views)-1]
			last.Columns.Rows = append(last.Columns.Rows, []cell{words(column), words(a.text(row, "type")), words(meaning(v, a.text(row, "meaning")))})
		}
	}
	body.Take.take(a, v)
	return body, nil
}

// meaning is a comment in the visitor's language; the warehouse has the English.
// A comment that is newer than this program stands as it is.
func meaning(v *visit, comment string) string {
	if said, known := schemas.InChinese(comment); known && v.lang == Chinese {
		return said
	}
	return comment
}
