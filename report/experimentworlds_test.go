package report

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"askbuy/internal/experiment"
	"askbuy/internal/simulator"
	"askbuy/internal/simulator/truth"
	"askbuy/report/inference"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// aaTrial is an experiment of a simulated shop with heavy repeat users, in
// which both variants do the same.
func aaTrial(seed int) (*truth.Trial, error) {
	o := simulator.DefaultOptions(time.UnixMilli(t0))
	o.Seed, o.Conversations, o.Shops, o.Noise = uint64(seed), 4000, 1, simulator.NoiseNone
	o.Plain, o.EventsOnly, o.Heavy = true, true, true
	o.Trial = &simulator.Trial{Key: fmt.Sprint("aa-", seed), Share: 0.5}
	return simulator.Units(o)
}

// aaTrials makes as many up, on all cores, and hands them over in any order.
func aaTrials(t *testing.T, n int, take func(*truth.Trial)) {
	t.Helper()
	seeds, made := make(chan int), make(chan *truth.Trial)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for seed := range seeds {
				trial, err := aaTrial(seed)
				if err != nil {
					t.Error(err)
				}
				made <- trial
			}
		})
	}
	go func() {
		for seed := range n {
			seeds <- seed
		}
		close(seeds)
		workers.Wait()
		close(made)
	}()
	for trial := range made {
		if trial != nil {
			take(trial)
		}
	}
}

// settle writes a trial's units as a refresh would have made them once all is
// mature; verify holds that it makes the same.
func (l *lab) settle(e experiment.Experiment, units []truth.Unit) {
	l.Helper()
	generation := uint64(e.FinalAt().UnixMilli()) << tokenBits
	number := func(m event.Money) float64 { return float64(m) / 100 }
	rows := make([][]any, len(units))
	for i, u := range units {
		values := map[string]any{
			"experiment": e.Key, "generation": generation, "shop_id": u.ShopID, "user_id": u.UserID, "variant": u.Variant,
			"first_exposure_at": int64(u.FirstExposureAt), "exposures": uint32(u.Exposures), "mismatched": uint32(0), "is_contaminated": uint8(u.IsContaminated),
			"bucket": 0.5, "currency": "CNY", "is_high": uint8(0), "conversation_revenue": number(u.Did.ConversationRevenue), "revenue": number(u.Did.Revenue), "earlier_revenue": 0.0,
			"conversations": uint32(u.Did.Conversations), "ordered": uint32(u.Did.Ordered), "carted": uint32(u.Did.Carted),
			"orders": uint32(u.Did.Orders), "joined_orders": uint32(u.Did.Orders), "matured_orders": uint32(u.Did.Orders), "refunded_orders": uint32(u.Did.Refunded),
		}
		for _, column := range schema.ExperimentUnits.Columns {
			v, given := values[column]
			if !given {
				v = uint32(0)
			}
			rows[i] = append(rows[i], v)
		}
	}
	l.must(l.Insert(l.Context(), schema.ExperimentUnits.Name, schema.ExperimentUnits.Columns, rows))
	l.put(schema.ExperimentRefreshes, map[string]any{"experiment": e.Key, "generation": generation, "cut_off": e.FinalAt(), "unknown": [][]any{}})
}

// decided plays A/A experiments of simulated shops with heavy repeat users
// through all that a report does once units are counted, and counts those that
// are decided although there is nothing to find.
func decided(t *testing.T, runs int) (rejected int) {
	t.Helper()
	l := newLab(t)
	verdicts, played := map[inference.Decision]int{}, 0
	aaTrials(t, runs, func(trial *truth.Trial) {
		e, err := experiment.Parse(trial.File)
		l.must(err)
		l.register(e)
		l.settle(e, trial.Units)
		_, r, err := l.judge(t.Context(), e, Counted{e.FinalAt(), uint64(e.FinalAt().UnixMilli()) << tokenBits}, nil)
		l.must(err)
		v := r.Verdicts[0]
		verdicts[v.Decision]++
		switch {
		case v.Decision == inference.Ship || v.Decision == inference.RollBack:
			rejected++
		case v.Decision == inference.NotEnoughData:
			t.Errorf("%s: %+v", e.Key, v)
		}
		played++
		if rate := newRate(int64(rejected), int64(played)); played%100 == 0 || played == runs {
			t.Logf("of %d A/A experiments %d are decided, %.1f %% [%.1f, %.1f]: %v", played, rejected, 100**rate.Value, 100**rate.Low, 100**rate.High, verdicts)
		}
		l.run("ALTER TABLE askbuy.experiment_units DROP PARTITION (" + quote(e.Key) + ", " + fmt.Sprint(uint64(e.FinalAt().UnixMilli())<<tokenBits) + ")")
	})
	return rejected
}
