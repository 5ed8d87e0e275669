package inference

import (
	"math"
	"math/rand/v2"
	"os"
	"sort"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"askbuy/internal/experiment"
)

// runs is how often a simulation is repeated: the first number in every test
// run, the second under SOAK=1 (make soak).
func runs(short, long int) int {
	if os.Getenv("SOAK") != "" {
		return long
	}
	return short
}

// shoppers draws shoppers who differ in how often they come back and in how
// easily they buy. Both are tables, so their means are known exactly.
type shoppers struct {
	conversations []float64 // cumulative probability of 1, 2, 3, ...
	propensity    []float64 // of an order in a conversation; each equally likely
}

// newShoppers takes the parameters of a negative binomial (size, probability)
// of returns and of a beta of propensities.
func newShoppers(size, probability, alpha, beta float64) shoppers {
	var s shoppers
	sum := 0.0
	for k := 0.0; sum < 1-1e-9 && k < 1000; k++ {
		log := lnGamma(k+size) - lnGamma(size) - lnGamma(k+1) + size*math.Log(probability) + k*math.Log(1-probability)
		sum += math.Exp(log)
		s.conversations = append(s.conversations, sum)
	}
	s.conversations[len(s.conversations)-1] = 1
	const steps = 2048
	for i := range steps {
		s.propensity = append(s.propensity, distuv.Beta{Alpha: alpha, Beta: beta}.Quantile((float64(i)+0.5)/steps))
	}
	return s
}

// mild and heavy are how much shoppers return: a few times, or some of them
// hundreds of times. Tests of single conversations are wrong in 7 % and 41 %.
func mild() shoppers  { return newShoppers(0.6, 0.3, 1.2, 12) }
func heavy() shoppers { return newShoppers(0.3, 0.05, 0.4, 4) }

// rate is the true ratio of orders to conversations, in which a lift of so
// much moves everybody towards 1.
func (s shoppers) rate(lift float64) float64 {
	sum := 0.0
	for _, p := range s.propensity {
		sum += p
	}
	mean := sum / float64(len(s.propensity))
	return mean + lift*(1-mean)
}

// draw is one shopper: conversations, and how many of them are ordered.
func (s shoppers) draw(r *rand.Rand, lift float64) (conversations, propensity float64) {
	conversations = float64(1 + sort.SearchFloat64s(s.conversations, r.Float64()))
	p := s.propensity[r.IntN(len(s.propensity))]
	return conversations, p + lift*(1-p)
}

func binomial(r *rand.Rand, n, p float64) float64 {
	hits := 0.0
	for range int(n) {
		if r.Float64() < p {
			hits++
		}
	}
	return hits
}

// orders adds n shoppers to an arm's conversation-to-order.
func (s shoppers) orders(r *rand.Rand, m *Moments, n int, lift float64) (converted int64) {
	for range n {
		conversations, p := s.draw(r, lift)
		hits := binomial(r, conversations, p)
		m.Add(hits, conversations, 0)
		if hits > 0 {
			converted++
		}
	}
	return converted
}

// everything adds n shoppers to every metric of sixMetrics.
func (s shoppers) everything(r *rand.Rand, metrics []Measured, arm, n int) {
	for range n {
		conversations, p := s.draw(r, 0)
		orders := binomial(r, conversations, p)
		revenue := 0.0
		for range int(orders) {
			revenue += math.Exp(r.NormFloat64())
		}
		for i, unit := range [][2]float64{
			{orders, conversations},
			{revenue, 1},
			{binomial(r, orders, 0.1), orders},
			{binomial(r, conversations, 0.15), conversations},
			{binomial(r, conversations, 0.05), conversations},
			{conversations, 1},
		} {
			metrics[i].Arms[arm].Add(unit[0], unit[1], 0)
			if unit[0] > 0 {
				metrics[i].Converted[arm]++
			}
		}
	}
}

// sixMetrics is an experiment with as many metrics as one has in life.
func sixMetrics() experiment.Experiment {
	revenue := metric(experiment.RevenuePerUser, experiment.Success)
	revenue.Cap = 1
	return plain(revenue, metric(experiment.RefundRate, experiment.Guardrail), metric(experiment.SlowReplyRate, experiment.Guardrail),
		metric(experiment.HandoffRate, experiment.Guardrail), metric(experiment.ConversationsPerUser, experiment.Diagnostic))
}

// looks plays an experiment day by day, with a look each day and the final one
// when its time has come, until a look decides. Arms grow by what grow adds.
func looks(e experiment.Experiment, grow func(in *Input), decided func(Analysis) bool) (Analysis, error) {
	in := Input{Experiment: e, Arms: make([]Arm, len(e.Variants)), Metrics: make([]Measured, len(e.Metrics))}
	for i := range in.Metrics {
		in.Metrics[i] = Measured{Arms: make([]Moments, len(e.Variants)), Converted: make([]int64, len(e.Variants))}
	}
	in.CutOff = e.Start
	for in.CutOff.Before(e.PlannedEnd) {
		grow(&in)
		in.CutOff = in.CutOff.Add(24 * time.Hour)
		if a, err := Analyse(in); err != nil || decided(a) {
			return a, err
		} else {
			running := a.Health.SRMRunning
			in.SRMBefore = &running
		}
		in.Looks++
	}
	in.CutOff = e.FinalAt()
	return Analyse(in)
}

// rejects says whether a look says that the treatment did something.
func rejects(a Analysis) bool {
	d := a.Verdicts[0].Decision
	return d == Ship || d == RollBack
}

func seeded(simulation, run int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(simulation), uint64(run)))
}
