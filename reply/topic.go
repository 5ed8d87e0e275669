package reply

import (
	"slices"

	"askbuy/models/intent"
)

// knownTopic says whether the taxonomy has an intent, or a step of a path, of
// that name.
func knownTopic(name string) bool {
	return slices.ContainsFunc(intent.Intents(), func(i intent.Intent) bool {
		return i.ID == name || slices.Contains(i.Path, name)
	})
}
