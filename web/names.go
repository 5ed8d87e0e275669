package web

import "askbuy/web/questions"

// Kind is a kind of thing that has names for people besides its id.
type Kind string

// The kinds.
const (
	Intent Kind = "intent"
	Metric Kind = "metric"
)

// name is what people call something; what has no name is shown by its id.
func (d *Dashboard) name(v *visit, k Kind, id string) string {
	switch {
	case id == "":
		return v.t("none." + string(k))
	case d.deps.Name == nil:
		return id
	}
	return d.deps.Name(k, id, v.lang)
}

// orNone is a value of a filter: an empty one would be no filter.
func orNone(id string) string {
	if id == "" {
		return questions.None
	}
	return id
}
