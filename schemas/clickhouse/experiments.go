package warehouse

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"text/template"
)

// ExperimentSQL is what an experiment asks of the facts. Each is one statement
// with parameters {name:Type}:
//
//	key, names, shops, start, planned_end, as_of, and where units are made generation;
//	where the hash is asked: seed, lower and upper (of the variants), namespace with namespace_from and
//	namespace_to, holdout with holdout_share ('': none). Bounds are the bits of a float64.
type ExperimentSQL struct {
	// Units selects the columns of ExperimentUnits, a row a unit. For an
	// experiment of the sender's no hash is asked.
	Units, UnitsOfSender string
	// Shoppers is the same with every shopper exposed by a first message, to a
	// variant "all": history, as if there had been an experiment.
	Shoppers string
	// Audit selects every exposure with what the hash gives: shop_id, user_id,
	// event_id, shown, bucket, given.
	Audit string
	// Exposures selects those that the experiment has.
	Exposures string
	// Moments selects the columns of askbuy.experiment_moments, and Arms those
	// of askbuy.experiment_arms, of the units of one generation that a condition
	// like "AND is_high = 1" leaves.
	Moments, Arms func(and string) string
	// Hash names the statements that make units and sum them up.
	Hash string
}

// ExperimentQueries renders what experiments ask.
func ExperimentQueries() (ExperimentSQL, error) {
	t, err := template.New("").Funcs(parameter.functions()).ParseFS(files, "partials/*.sql", "queries/*.sql")
	if err != nil {
		return ExperimentSQL{}, err
	}
	var failed error
	render := func(name string, data any) string {
		var b strings.Builder
		if err := t.ExecuteTemplate(&b, name, data); err != nil {
			failed = err
		}
		return strings.TrimSpace(b.String())
	}
	const until = ` AND e.ts <= least({as_of:DateTime64(3, 'UTC')}, {planned_end:DateTime64(3, 'UTC')} + toIntervalHour(72 + 15 * 24))`
	type question struct {
		Exposures, Events string
		Replayed          bool
	}
	exposures, shoppers := render("experiment_exposures.sql", nil), render("shopper_exposures.sql", nil)
	const counted = " AND experiment = {key:String} AND generation = {generation:UInt64}"
	s := ExperimentSQL{
		Units:         render("experiment_units.sql", question{exposures, until, true}),
		UnitsOfSender: render("experiment_units.sql", question{exposures, until, false}),
		Shoppers:      render("experiment_units.sql", question{shoppers, until, false}),
		Audit:         render("experiment_audit.sql", question{Exposures: exposures}),
		Exposures:     exposures,
		Moments:       func(and string) string { return render("experiment_moments", counted+and) },
		Arms:          func(and string) string { return render("experiment_arms", counted+and) },
	}
	sum := sha256.New()
	for _, text := range []string{s.Units, s.UnitsOfSender, s.Moments(""), s.Arms("")} {
		sum.Write([]byte(text))
	}
	s.Hash = hex.EncodeToString(sum.Sum(nil))
	return s, failed
}

// unitMoments are the centred moments of a numerator, a denominator and a
// covariate over units, as a tuple: means, variances, covariances with the
// numerator.
func unitMoments(num, den, pre string) string {
	f := func(function string, columns ...string) string {
		for i, c := range columns {
			columns[i] = "toFloat64(" + c + ")"
		}
		return function + "(" + strings.Join(columns, ", ") + ")"
	}
	return "(" + strings.Join([]string{
		f("avg", num), f("avg", den), f("avg", pre), f("varSampStable", num), f("varSampStable", den), f("varSampStable", pre),
		f("covarSampStable", num, den), f("covarSampStable", num, pre),
	}, ", ") + ")"
}

// noMoments has the type of unitMoments.
func noMoments() string {
	return "(" + strings.TrimSuffix(strings.Repeat("toFloat64(0), ", 8), ", ") + ")"
}
