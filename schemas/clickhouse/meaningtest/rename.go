package meaningtest

import (
	"maps"
	"slices"
)

// Shops lists the shops of a case's events.
func (c Case) Shops() []string {
	seen := map[string]bool{}
	for _, e := range c.Events {
		seen[e.Field("shop_id")] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// Rename gives the shops of a case new ids, so that it can be played again.
func Rename(c Case, suffix string) Case {
	renamed := c
	renamed.ID += suffix
	renamed.Events = nil
	for _, e := range c.Events {
		renamed.Events = append(renamed.Events, e.With("shop_id", e.Field("shop_id")+suffix))
	}
	renamed.Expect = Expect{renameAll(c.Expect.Tables, suffix), renameAll(c.Expect.Attribution, suffix), renameAll(c.Expect.Funnel, suffix)}
	return renamed
}

func renameAll(by map[string][]Row, suffix string) map[string][]Row {
	out := make(map[string][]Row, len(by))
	for name, rows := range by {
		out[name] = []Row{}
		for _, row := range rows {
			row = maps.Clone(row)
			if shop, ok := row["shop_id"].(string); ok {
				row["shop_id"] = shop + suffix
			}
			out[name] = append(out[name], row)
		}
	}
	return out
}

// Reversed is the case with its events in the opposite order of arrival.
func Reversed(c Case) Case {
	c.Events = slices.Clone(c.Events)
	slices.Reverse(c.Events)
	return c
}
