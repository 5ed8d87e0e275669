package web

import (
	"context"

	"askbuy/schemas"
	"askbuy/web/questions"
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
			body.Views = append(body.Views, viewEntry{Name: name, Grain: meaning(v.lang, a.text(row, "grain")), Columns: table{Head: []cell{words(v.t("column.column")), words(v.t("column.type")), words(v.t("column.meaning"))}}})
		}
		if column := a.text(row, "column"); column != "" {
			last := &body.Views[len(body.Views)-1]
			last.Columns.Rows = append(last.Columns.Rows, []cell{words(column), words(a.text(row, "type")), words(meaning(v.lang, a.text(row, "meaning")))})
		}
	}
	body.Take.take(a, v)
	body.Take.CSV += "&lang=" + string(v.lang)
	return body, nil
}

// meaning is a comment in a language; the warehouse has the English. A comment
// that is newer than this program stands as it is.
func meaning(l Lang, comment string) string {
	if said, known := schemas.InChinese(comment); known && l == Chinese {
		return said
	}
	return comment
}

// translateDictionary puts the comments of the dictionary into a language; no
// other answer has words of its own.
func translateDictionary(a *questions.Answer, l Lang) {
	if a.Question.Name != "dictionary" {
		return
	}
	for i, c := range a.Question.Columns {
		if c.Name != "grain" && c.Name != "meaning" {
			continue
		}
		for _, row := range a.Rows {
			if comment, isText := row[i].(string); isText {
				row[i] = meaning(l, comment)
			}
		}
	}
}
