package pipeline

import "askbuy/models/intent"

// Models are the parameters of all models that may have scored, by id.
func Models() map[string]*intent.Params {
	shipped := intent.Default()
	return map[string]*intent.Params{shipped.ID(): shipped.Params()}
}
