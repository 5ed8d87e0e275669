package intent

import "math"

// Acts are what a text may do, as ids of the taxonomy's leaves: all but Other.
// The model chooses among them; features count them.
func Acts() []string {
	var acts []string
	for _, in := range Intents() {
		if in.ID != Other {
			acts = append(acts, in.ID)
		}
	}
	return acts
}

// name fills in what the text does and is about.
func (m *Model) name(out *Scored, features []uint32) {
	out.Act, out.Intent, out.IntentPath = Other, Other, m.other
	if len(features) == 0 {
		return
	}
	lane, p := m.likeliest(features)
	out.Act, out.ActConfidence, out.IntentConfidence = m.manifest.Topics[lane].ID, round4(p), round4(p)
	if p >= m.manifest.MinConfidence {
		out.Intent, out.IntentPath = out.Act, m.paths[lane]
	}
}

// likeliest is the lane with the greatest logit and its softmax probability.
func (m *Model) likeliest(features []uint32) (lane int, p float64) {
	var z [Lanes]float64
	lane = m.logits(&z, features)
	var sum float64
	for _, x := range z[:len(m.biases)] {
		sum += decay(z[lane] - x)
	}
	return lane, 1 / sum
}

// logits fills z with the topics' logits and says which is the greatest.
func (m *Model) logits(z *[Lanes]float64, features []uint32) (best int) {
	var sums [Lanes]int32
	m.topics.sum(&sums, features)
	scale := m.manifest.TopicScale / math.Sqrt(float64(len(features)))
	for i, bias := range m.biases {
		z[i] = float64(float64(sums[i])*scale) + bias
		if z[i] > z[best] {
			best = i
		}
	}
	return best
}

// The table of decay: steps of 1/decaySteps up to decayEnd, beyond which
// nothing is left worth adding.
const (
	decaySteps = 32
	decayEnd   = 10
)

var decays = func() (table [decayEnd*decaySteps + 1]float64) {
	for i := range table {
		table[i] = math.Exp(-float64(i) / decaySteps)
	}
	return table
}()

// decay is exp(-d) for d of 0 and more, to 1e-4, from a table: the library's
// takes longer than all else that a text's score takes.
func decay(d float64) float64 {
	if !(d < decayEnd) {
		return 0
	}
	x := d * decaySteps
	i := int(x)
	return decays[i] + float64((x-float64(i))*(decays[i+1]-decays[i]))
}

// round4 rounds to 4 decimals, ties to even.
func round4(x float64) float64 { return math.RoundToEven(x*1e4) / 1e4 }
