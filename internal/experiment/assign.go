package experiment

// Assignment is what one experiment gives one shopper.
type Assignment struct {
	Experiment string `json:"experiment"`
	// Variant is nil for a shopper who does not take part.
	Variant     *string `json:"variant"`
	Bucket      float64 `json:"bucket"`
	HashVersion int     `json:"hash_version"`
}

// Assign gives a shopper the variants of those experiments, in their order,
// that run in the shop and are askbuy's to assign. When an experiment runs is
// the caller's to ask: the same shopper has the same variant for ever.
func Assign(shopID, userID string, experiments []Experiment) []Assignment {
	assignments := []Assignment{}
	for _, e := range experiments {
		if e.Assignment == ByAskbuy && e.InShop(shopID) {
			assignments = append(assignments, e.assign(userID))
		}
	}
	return assignments
}

func (e Experiment) assign(userID string) Assignment {
	a := Assignment{Experiment: e.Key, HashVersion: HashVersion}
	// The bucket is told of those as well who are kept out.
	a.Bucket, _ = Bucket(HashVersion, e.Seed, userID)
	if d := e.Rule().Decide(Context{Attributes: map[string]any{"id": userID}}); d.In {
		a.Variant = &e.Variants[d.Variation].Name
	}
	return a
}

// Rule is the experiment in the terms of GrowthBook's SDKs. There, filters put
// a namespace out of force; so beside a holdout the namespace is a filter too,
// of the hash that namespaces use.
func (e Experiment) Rule() Rule {
	r := Rule{
		Key: e.Key, Seed: e.Seed, Version: HashVersion, Variations: len(e.Variants),
		Weights: e.weights(), Coverage: &e.Coverage, Namespace: e.Namespace,
	}
	if e.Holdout == nil {
		return r
	}
	r.Filters = []Filter{{Seed: e.Holdout.Seed, Ranges: []Range{{From: e.Holdout.Share, To: 1}}}}
	if n := e.Namespace; n != nil {
		r.Filters = append(r.Filters, Filter{Seed: "__" + n.Name, Version: 1, Ranges: []Range{{From: n.From, To: n.To}}})
	}
	return r
}

func (e Experiment) weights() []float64 {
	weights := make([]float64, len(e.Variants))
	for i, v := range e.Variants {
		weights[i] = v.Weight
	}
	return weights
}

// Ranges are the buckets that give each variant.
func (e Experiment) Ranges() []Range { return Ranges(len(e.Variants), e.Coverage, e.weights()) }
