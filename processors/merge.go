package processors

import (
	"slices"

	"askbuy/schemas/event"
)

// mergeRepairs is one request that does for two of one shopper: the later
// version, and all that either needs.
func mergeRepairs(a, b event.Repair) event.Repair {
	a.Version = max(a.Version, b.Version)
	a.Needs = slices.Clone(a.Needs)
	for _, need := range b.Needs {
		i := slices.IndexFunc(a.Needs, func(n event.Reached) bool {
			return n.Topic == need.Topic && n.Partition == need.Partition
		})
		if i < 0 {
			a.Needs = append(a.Needs, need)
			continue
		}
		a.Needs[i].Position = max(a.Needs[i].Position, need.Position)
	}
	return a
}
