package learn

// mostStands bounds for how many conversations one stands: a few that were left
// alone must not outweigh all that nobody would have acted on.
const mostStands = 20

// Stands says, by conversation, for how many it stands: what judges or teaches
// a model weighs it by that.
type Stands map[Shopper]map[string]float64

// StandsFor weighs what was left alone by the inverse of its propensity
// (Horvitz and Thompson 1952), for it stands for those about which something
// was done too; and those, whose end is that of the action, not at all. Of
// several words on a conversation an action counts, then the least weight.
func StandsFor(actions []Action) Stands {
	all := Stands{}
	for _, a := range actions {
		of := all[a.Shopper]
		if of == nil {
			of = map[string]float64{}
			all[a.Shopper] = of
		}
		stands, known := of[a.Conv]
		if now := a.stands(); !known || now < stands {
			of[a.Conv] = now
		}
	}
	return all
}

func (a Action) stands() float64 {
	switch {
	case a.Taken:
		return 0
	case a.Propensity > 0 && a.Propensity <= 1:
		return min(1/a.Propensity, mostStands)
	default:
		return 1
	}
}

// Of is 1 where nobody asked for an action.
func (s Stands) Of(shopper Shopper, conv string) float64 {
	if stands, known := s[shopper][conv]; known {
		return stands
	}
	return 1
}
