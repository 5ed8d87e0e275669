package learn

// mostStands bounds for how many conversations one stands: a few that were left
// alone must not outweigh all that nobody would have acted on.
const mostStands = 20

// actions are, by conversation, for how many it stands.
type actions map[Shopper]map[string]float64

// actions weigh what was left alone by the inverse of its propensity (Horvitz
// and Thompson 1952), for it stands for those about which something was done
// too; and those, whose end is that of the action, not at all.
func (f *Facts) actions() actions {
	all := actions{}
	for _, a := range f.Actions {
		of := all[a.Shopper]
		if of == nil {
			of = map[string]float64{}
			all[a.Shopper] = of
		}
		stands, known := of[a.Conv]
		switch {
		case a.Taken || known && stands == 0:
			of[a.Conv] = 0
		case a.Propensity > 0 && a.Propensity <= 1:
			of[a.Conv] = min(1/a.Propensity, mostStands)
		default:
			of[a.Conv] = 1
		}
	}
	return all
}

func (a actions) stands(s Shopper, conv string) float64 {
	if stands, known := a[s][conv]; known {
		return stands
	}
	return 1
}
