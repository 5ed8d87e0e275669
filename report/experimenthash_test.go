package report

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"askbuy/internal/experiment"
	schema "askbuy/schemas/clickhouse"
)

// anyExperiment is one with any weights, coverage, namespace and holdout,
// those included whose bounds lie on a bucket or an ulp beside it.
func anyExperiment(r *rand.Rand) experiment.Experiment {
	e := labExperiment()
	e.Seed = []string{"greeting", "问候", "😀", "", "a\u0301"}[r.IntN(5)] + fmt.Sprint(r.IntN(1000))
	e.Variants = nil
	for i, w := range anyWeights(r) {
		e.Variants = append(e.Variants, experiment.Variant{Name: fmt.Sprint("v", i), Weight: w, Control: i == 0})
	}
	whole := func(of int) float64 { return float64(r.IntN(of)) / float64(of) }
	e.Coverage = []float64{1, 1, 1 - whole(100), 1 - whole(10_000), 1 - r.Float64(), 1e-4}[r.IntN(6)]
	if r.IntN(2) == 0 {
		n := experiment.Namespace{Name: []string{"checkout", "结账", "__"}[r.IntN(3)], From: []float64{0, whole(1000), r.Float64()}[r.IntN(3)]}
		n.To = []float64{1, n.From + (1-n.From)*r.Float64(), n.From + 0.001}[r.IntN(3)]
		if n.From < n.To && n.To <= 1 {
			e.Namespace = &n
		}
	}
	if r.IntN(2) == 0 {
		e.Holdout = &experiment.Holdout{Seed: []string{"out", "留出"}[r.IntN(2)], Share: []float64{0.1, 0.3, 1e-4 + whole(10_000)*0.99, 1 - 1e-16, 1e-300}[r.IntN(5)]}
	}
	return e
}

// anyWeights add up to about 1: round ones, whose sums are an ulp beside the
// buckets that they seem to be, or any.
func anyWeights(r *rand.Rand) []float64 {
	weights := make([]float64, 2+r.IntN(6))
	if r.IntN(2) == 0 {
		parts := []int{10, 100, 1000, 10_000}[r.IntN(4)]
		left := parts - len(weights)
		for i := range weights {
			part := 1 + r.IntN(left+1)
			if left -= part - 1; i == len(weights)-1 {
				part += left
			}
			weights[i] = float64(part) / float64(parts)
		}
		return weights
	}
	total := 0.0
	for i := range weights {
		weights[i] = []float64{r.Float64(), 1e-4, 1}[r.IntN(3)]
		total += weights[i]
	}
	slack := []float64{1, 1 - 9e-7, 1 + 9e-7}[r.IntN(3)]
	for i := range weights {
		weights[i] *= slack / total
	}
	return weights
}

// anyUser is an id as a sender may write it.
func anyUser(r *rand.Rand) string {
	letters := []func() rune{
		func() rune { return rune(r.IntN(128)) },
		func() rune { return rune(0x80 + r.IntN(0xd800-0x80)) },
		func() rune { return rune(0xe000 + r.IntN(0x2000)) },
		func() rune { return rune(0x10000 + r.IntN(0x100000)) },
		func() rune { return rune(0x1f300 + r.IntN(400)) },
		func() rune {
			return []rune{0, '\n', 0x7f, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x10ffff, 0x200d}[r.IntN(12)]
		},
	}
	if r.IntN(3) == 0 {
		return fmt.Sprint("u_", r.IntN(1_000_000))
	}
	id := []rune{}
	for range 1 + r.IntN(12) {
		id = append(id, letters[r.IntN(len(letters))]())
	}
	return string(id)
}

// long is how many there are of something: more under SOAK=1 (make soak).
func long(short, soak int) int {
	if os.Getenv("SOAK") != "" {
		return soak
	}
	return short
}

// The warehouse gives every shopper the variant that the door gave, whatever
// the id, the seed, the bounds, the namespace and the holdout: one unit that
// differs is a bug. The statement and its parameters are those of the audit.
func TestHashOfAnyone(t *testing.T) {
	l := newLab(t)
	r := rand.New(rand.NewPCG(6, 1))
	users := map[string]bool{"": true}
	for len(users) < 2000 {
		users[anyUser(r)] = true
	}
	l.exposed(users)
	in, out := 0, 0
	for range long(15, 300) {
		some, none := l.sameHash(anyExperiment(r), users)
		in, out = in+some, out+none
	}
	if in < 1000 || out < 1000 {
		t.Errorf("%d have a variant and %d have none: the cases show one side only", in, out)
	}
}

// Every bucket there is, against any bounds: those of a namespace and of a
// holdout too, which goes by the same hash here.
func TestHashOfEveryBucket(t *testing.T) {
	l := newLab(t)
	users, taken := map[string]bool{}, map[float64]bool{}
	for i := 0; len(taken) < 10_000; i++ {
		user := fmt.Sprint(i)
		if bucket, _ := experiment.Bucket(experiment.HashVersion, "every", user); !taken[bucket] {
			users[user], taken[bucket] = true, true
		}
	}
	l.exposed(users)
	r := rand.New(rand.NewPCG(6, 2))
	for range long(20, 300) {
		e := anyExperiment(r)
		if e.Seed = "every"; e.Holdout != nil {
			e.Holdout = &experiment.Holdout{Seed: e.Seed, Share: float64(1+r.IntN(9999)) / 10_000}
		}
		l.sameHash(e, users)
	}
}

func (l *lab) exposed(users map[string]bool) {
	l.Helper()
	var rows []map[string]any
	for user := range users {
		rows = append(rows, map[string]any{"shop_id": "s", "user_id": user, "event_id": "x", "experiment": "greeting", "variant": "control", "ts": t0})
	}
	l.put(schema.Exposures, rows...)
}

// sameHash audits the exposed users as those of an experiment, and counts who
// is in it and who is not.
func (l *lab) sameHash(e experiment.Experiment, users map[string]bool) (in, out int) {
	l.Helper()
	l.must(each(l.Context(), l.DB, "audit", "SELECT user_id, bucket, given FROM ("+l.sql.Audit+")", params(e, l.at), func(c *cells) {
		user, bucket, variant := c.text(), next[float64](c), c.text()
		want, name := experiment.Assign("s", user, []experiment.Experiment{e})[0], ""
		if want.Variant != nil {
			name = *want.Variant
		}
		if name != variant || want.Bucket != bucket || !users[user] {
			l.Errorf("%q by seed %q in %+v, coverage %v, namespace %+v, holdout %+v: %q at %v, want %q at %v", user, e.Seed, e.Variants, e.Coverage, e.Namespace, e.Holdout, variant, bucket, name, want.Bucket)
		}
		if variant == "" {
			out++
		} else {
			in++
		}
	}))
	if in+out != len(users) {
		l.Fatalf("%d of %d shoppers", in+out, len(users))
	}
	return in, out
}
