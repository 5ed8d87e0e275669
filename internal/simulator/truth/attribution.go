package truth

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Models lists the attribution models.
func Models() []string {
	return []string{"last_touch", "first_touch", "linear", "position", "time_decay"}
}

// Windows lists the windows, in hours, that bi.attribution_models shows.
func Windows() []int64 { return []int64{1, 24, 72, 168, 720} }

const decayHalfLife = Millis(7 * 24 * time.Hour / time.Millisecond)

// Attribute gives the credits of one model and window; an unknown model has
// no rows.
func (t *Tables) Attribute(model string, hours int64) []Attribution {
	byOrder := map[orderKey][]Touch{}
	for _, touch := range t.Touches {
		key := orderKey{touch.ShopID, touch.OrderID}
		byOrder[key] = append(byOrder[key], touch)
	}
	var out []Attribution
	for key, touches := range byOrder {
		left := within(touches, hours)
		for i, credit := range credits(model, left) {
			if credit > 0 {
				out = append(out, Attribution{Model: model, WindowHours: hours,
					ShopID: key.shop, OrderID: key.order, ConvID: left[i].ConvID, UserID: left[i].UserID,
					Credit: credit, OrderAmount: t.orders[key].Amount, NetAmount: t.orders[key].NetAmount})
			}
		}
	}
	return out
}

// credits shares one order among the touches of a window; left is put into
// time order.
func credits(model string, left []Touch) []float64 {
	slices.SortFunc(left, func(a, b Touch) int { return cmp.Compare(a.RankFirst, b.RankFirst) })
	out := make([]float64, len(left))
	if len(left) == 0 {
		return out
	}
	switch model {
	case "first_touch":
		out[0] = 1
	case "last_touch":
		best := 0
		for i := range left {
			if left[i].RankLast < left[best].RankLast {
				best = i
			}
		}
		out[best] = 1
	case "linear":
		for i := range out {
			out[i] = 1 / float64(len(out))
		}
	case "position":
		byPosition(out)
	case "time_decay":
		decay(out, left)
	}
	return out
}

func byPosition(out []float64) {
	last := len(out) - 1
	switch last {
	case 0:
		out[0] = 1
	case 1:
		out[0], out[1] = 0.5, 0.5
	default:
		for i := range out {
			out[i] = 0.2 / float64(last-1)
		}
		out[0], out[last] = 0.4, 0.4
	}
}

func decay(out []float64, left []Touch) {
	sum := 0.0
	for i := range left {
		out[i] = math.Exp2(-float64(left[i].gap()) / float64(decayHalfLife))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
}
