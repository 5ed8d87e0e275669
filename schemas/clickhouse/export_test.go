package warehouse

import (
	"strings"
	"text/template"
)

// Partial renders one partial for a test of it alone.
func Partial(name string, data any) (string, error) {
	t, err := template.New("").Funcs(parameter.functions()).ParseFS(files, "partials/*.sql")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.ExecuteTemplate(&b, name, data)
	return b.String(), err
}
