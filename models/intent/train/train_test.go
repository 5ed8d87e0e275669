package train

import (
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"askbuy/models/intent"
)

// smallConfig trains in a fraction of a second.
func smallConfig() Config {
	c := DefaultConfig()
	c.Rounds, c.Conversations, c.Test, c.GoldenPerTopic = 40, 400, 200, 1
	return c
}

// The shipped bundle is what go generate makes of these sources.
func TestShippedBundleIsReproducible(t *testing.T) {
	b, report, err := Train(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report)
	if runtime.GOARCH == "amd64" {
		if got := intent.Default().ID(); got != b.Manifest.ID {
			t.Fatalf("shipped is %s, these sources make %s: run go generate ./models/intent", got, b.Manifest.ID)
		}
	} else { // another processor rounds otherwise, and no further
		for _, g := range b.Golden {
			if got := intent.Default().Score(g.Text).Evidence; math.Abs(got-g.Evidence) > .05 {
				t.Errorf("%q: shipped %v, these sources make %v", g.Text, got, g.Evidence)
			}
		}
	}
	if report.AUC < .70 || report.AUC > report.OracleAUC+.01 || report.TopicAccuracy < .80 {
		t.Errorf("AUC %v on held-out, %v on seen templates, oracle %v", report.AUC, report.SeenAUC, report.OracleAUC)
	}
	if report.ECE > .03 {
		t.Errorf("calibration error %v", report.ECE)
	}
}

func TestTrainIsDeterministic(t *testing.T) {
	train := func(seed uint64) string {
		c := smallConfig()
		c.Seed = seed
		b, _, err := Train(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := intent.Load(b); err != nil {
			t.Fatal(err)
		}
		return b.Manifest.ID
	}
	if a, b := train(1), train(1); a != b {
		t.Errorf("one seed makes %s and %s", a, b)
	}
	if a, b := train(1), train(2); a == b {
		t.Errorf("two seeds make %s", a)
	}
}

func TestConfigFaults(t *testing.T) {
	f := func(want string, spoil func(*Config)) {
		t.Helper()
		c := smallConfig()
		spoil(&c)
		if _, _, err := Train(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	f("conversations", func(c *Config) { c.Conversations = 1 })
	f("test", func(c *Config) { c.Test = 0 })
	f("rounds", func(c *Config) { c.Rounds = 1 })
	f("parts", func(c *Config) { c.Parts = 1 })
	f("golden_per_topic", func(c *Config) { c.GoldenPerTopic = 0 })
	f("evidence_bits", func(c *Config) { c.EvidenceBits = 40 })
	f("topic_bits", func(c *Config) { c.TopicBits = 2 })
}

// The oracle knows the truth as well as the topics tell it: it is calibrated,
// or the simulation contradicts itself.
func TestOracleIsCalibrated(t *testing.T) {
	h := mustHabits(t)
	s := &speaker{grammar: mustGrammar(t), rand: rand.New(rand.NewPCG(3, 0))}
	var gap, spread float64
	for _, c := range draw(s, h, 6000) {
		p := c.oracle[0] // one a conversation, so that they are independent
		gap += p
		spread += p * (1 - p)
		if c.ordered {
			gap--
		}
	}
	if z := gap / math.Sqrt(spread); math.Abs(z) > 4 {
		t.Errorf("the oracle is %v standard deviations off", z)
	}
}

func mustHabits(t *testing.T) *habits {
	t.Helper()
	h, err := newHabits(mustGrammar(t).topics)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHabitsFaults(t *testing.T) {
	if _, err := newHabits([]string{"greeting"}); err == nil {
		t.Error("manners without a topic are accepted")
	}
	topics := append([]string{"weather"}, mustGrammar(t).topics[1:]...)
	if _, err := newHabits(topics); err == nil {
		t.Error("a topic without manners is accepted")
	}
}

// Newton finds the coefficients that made the data.
func TestNewton(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	want := [3]float64{1.5, -.7, .4}
	rows := make([]Row, 2000)
	for i := range rows {
		x := [3]float64{r.NormFloat64(), r.NormFloat64(), 1}
		rows[i] = Row{x[:], sigmoid(want[0]*x[0] + want[1]*x[1] + want[2]), 1}
	}
	got := Regress([]float64{1, 1, 0}, make([]float64, 3), rows)
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-4 {
			t.Errorf("coefficients %v, want %v", got, want)
		}
	}
}

// Slopes below 0 are never fitted: one serves for both.
func TestCalibrator(t *testing.T) {
	var rows []Row
	for z := -3.0; z <= 3; z += .05 {
		rows = append(rows, Row{[]float64{z}, sigmoid(-1.8*math.Log1p(math.Exp(-z)) - .5*math.Log1p(math.Exp(z))), 1})
	}
	a, b, _ := Calibrate(rows, 0)
	if a <= 0 || a != b {
		t.Errorf("slopes %v and %v, want one above 0", a, b)
	}
}

func TestQuantise(t *testing.T) {
	w := []float32{0, 1, -1, .5, -.26, .004}
	q, scale := quantise(w, 31)
	for i := range w {
		if d := math.Abs(float64(q[i])*scale - float64(w[i])); d > scale/2+1e-6 {
			t.Errorf("%v becomes %d, %v off", w[i], q[i], d)
		}
	}
	if q, scale := quantise(make([]float32, 4), 31); q[0] != 0 || scale <= 0 {
		t.Errorf("no weights: %v, scale %v", q, scale)
	}
}

func TestRegress(t *testing.T) {
	var rows []Row
	for i := range 400 { // log-odds -1 + 2x, without noise
		x := float64(i%20)/10 - 1
		rows = append(rows, Row{[]float64{x, 1}, sigmoid(2*x - 1), 1})
	}
	w := Regress([]float64{0, 0}, []float64{0, 0}, rows)
	if math.Abs(w[0]-2) > 1e-6 || math.Abs(w[1]+1) > 1e-6 {
		t.Errorf("learned %v", w)
	}
	if w := Regress([]float64{5, 0}, []float64{1e9, 0}, rows); math.Abs(w[0]-5) > 1e-3 {
		t.Errorf("drawn to 5, learned %v", w)
	}
}
