package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/judge"
	"askbuy/internal/simulator/truth"
)

// unit is a message by which scores are judged, and what the oracle knew.
type unit struct {
	scoredUnit
	oracle  float64
	cluster int // of the shopper
}

// scoredUnit is a row of askbuy.score_units.
type scoredUnit struct {
	Shop   string  `ch:"shop_id"`
	User   string  `ch:"user_id"`
	ID     string  `ch:"event_id"`
	Y      uint8   `ch:"y"`
	Weight float64 `ch:"weight"`
	P      float64 `ch:"p_order"`
	Number uint8   `ch:"prefix"`
}

type units []unit

// units are those of the days after a time, as bi.score_quality counts them.
func (i *instance) units(oracle []truth.Forecast, after time.Time) (all units) {
	i.t.Helper()
	rows, err := clickhouse.Select[scoredUnit](i.t.Context(), i.warehouse(), "SELECT shop_id, user_id, event_id, y, weight, p_order, prefix FROM askbuy.score_units WHERE day > {day:Date}",
		map[string]any{"day": after.UTC().Format(time.DateOnly)})
	if err != nil {
		i.t.Fatal(err)
	}
	known := map[[3]string]float64{}
	for _, f := range oracle {
		known[[3]string{f.ShopID, f.UserID, f.EventID}] = f.PSeen
	}
	clusters := map[[2]string]int{}
	missing := 0
	for _, r := range rows {
		p, ok := known[[3]string{r.Shop, r.User, r.ID}]
		if !ok { // it came without an id of its own
			missing++
			continue
		}
		shopper := [2]string{r.Shop, r.User}
		if _, ok := clusters[shopper]; !ok {
			clusters[shopper] = len(clusters)
		}
		all = append(all, unit{r, p, clusters[shopper]})
	}
	if len(all) < 4*missing || len(all) == 0 {
		i.t.Fatalf("of %d units the oracle knows %d", len(rows), len(all))
	}
	return all
}

// What counts, and who says how probable an order is.
func everyMessage(u unit) float64 { return u.Weight } // a conversation weighs 1
func plainly(unit) float64        { return 1 }
func firstMessage(u unit) float64 {
	if u.Number == 1 {
		return 1
	}
	return 0
}
func model(u unit) float64      { return u.P }
func oracleSeen(u unit) float64 { return u.oracle }

func (all units) set(weight, p func(unit) float64) judge.Set {
	var out []judge.Prediction
	for _, u := range all {
		if w := weight(u); w > 0 {
			out = append(out, judge.Prediction{P: p(u), Hit: u.Y != 0, Weight: w, Cluster: u.cluster})
		}
	}
	return judge.NewSet(out)
}

// surplus is the sum of probabilities over that of orders, less 1.
func surplus(all []judge.Prediction) float64 {
	var expected, actual float64
	for _, p := range all {
		expected += float64(p.Weight * p.P)
		if p.Hit {
			actual += p.Weight
		}
	}
	return expected/actual - 1
}

// String has the figures of both beside each other, with their intervals.
func (all units) String() string {
	var b strings.Builder
	for _, of := range []struct {
		name   string
		weight func(unit) float64
	}{{"messages, 1/n of a conversation each", everyMessage}, {"messages, each alike", plainly}, {"first messages", firstMessage}} {
		for _, who := range []struct {
			name string
			p    func(unit) float64
		}{{"model", model}, {"oracle", oracleSeen}} {
			set := all.set(of.weight, who.p)
			fmt.Fprintf(&b, "%-38s %-6s %6d", of.name, who.name, set.Len())
			for _, m := range []struct {
				name string
				of   judge.Metric
			}{{"AUC", judge.AUC}, {"ECE", judge.CalibrationError(15)}, {"expected / actual - 1", surplus}} {
				interval := set.Interval(m.of, 200, rand.New(rand.NewPCG(1, 2)))
				fmt.Fprintf(&b, "  %s %.4f (%.4f to %.4f)", m.name, set.Of(m.of), interval.Low, interval.High)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
