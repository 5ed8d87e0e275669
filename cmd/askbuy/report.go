package main

import (
	"fmt"

	"askbuy/internal/clickhouse"
	"askbuy/pipeline"
	"askbuy/report"
)

type reportCommand struct {
	Funnel      reportFunnel      `cmd:"" help:"How conversations become orders that are kept."`
	Attribution reportAttribution `cmd:"" help:"Which conversations led to the orders."`
	Score       reportScore       `cmd:"" help:"How far the scores can be trusted: ranking, calibration, thresholds."`
	Claims      reportClaims      `cmd:"" help:"What shoppers say they bought, against what they order and keep."`
	Ledger      reportLedger      `cmd:"" help:"What became of every record: is anything lost?"`
	Experiment  experimentReport  `cmd:"" help:"Look at an experiment: verdict, metrics, warnings. Keeps a snapshot."`
}

// output is how a report is written.
type output struct {
	Format string `default:"text" enum:"text,json,csv" help:"text, json or csv."`
	Lang   string `default:"en" enum:"en,zh" help:"en or zh."`
}

// filter narrows a report.
type filter struct {
	Shop    string `placeholder:"SHOP" help:"One shop."`
	From    string `placeholder:"YYYY-MM-DD" help:"First day, in the shop's time zone."`
	To      string `placeholder:"YYYY-MM-DD" help:"Last day."`
	Channel string `placeholder:"CHANNEL" help:"One channel."`
	Intent  string `placeholder:"INTENT" help:"One intent."`
}

func (f filter) filter() report.Filter { return report.Filter(f) }

type reportFunnel struct {
	filter
	output
}

func (r reportFunnel) Run(a *app) error {
	return withWarehouse(a, func(db *clickhouse.DB) error {
		funnel, err := report.Funnel(a.ctx, db, r.filter.filter())
		if err != nil {
			return err
		}
		return report.Write(a.stdout, funnel, report.Format(r.Format), report.Lang(r.Lang))
	})
}

type reportAttribution struct {
	filter
	output
	Model       string `default:"last_touch" help:"last_touch, first_touch, linear, position or time_decay."`
	WindowHours int    `default:"72" help:"How far back a touch may lie."`
}

func (r reportAttribution) Run(a *app) error {
	return withWarehouse(a, func(db *clickhouse.DB) error {
		attribution, err := report.Attribution(a.ctx, db, r.Model, r.WindowHours, r.filter.filter())
		if err != nil {
			return err
		}
		return report.Write(a.stdout, attribution, report.Format(r.Format), report.Lang(r.Lang))
	})
}

type reportScore struct {
	Shop      string  `placeholder:"SHOP" help:"One shop."`
	Model     string  `placeholder:"ID" help:"One model."`
	From      string  `placeholder:"YYYY-MM-DD" help:"First day of the messages, in the shop's time zone."`
	To        string  `placeholder:"YYYY-MM-DD" help:"Last day."`
	Threshold float64 `default:"0.7" help:"Show precision and volume at this buy_score, too."`
	output
}

func (r reportScore) Run(a *app) error {
	f := report.ScoreFilter{Shop: r.Shop, Model: r.Model, From: r.From, To: r.To, Threshold: r.Threshold}
	return withWarehouse(a, func(db *clickhouse.DB) error {
		score, err := report.Score(a.ctx, db, f)
		if err != nil {
			return err
		}
		return report.Write(a.stdout, score, report.Format(r.Format), report.Lang(r.Lang))
	})
}

type reportClaims struct {
	Shop string `placeholder:"SHOP" help:"One shop."`
	From string `placeholder:"YYYY-MM-DD" help:"First day, in the shop's time zone."`
	To   string `placeholder:"YYYY-MM-DD" help:"Last day."`
	output
}

func (r reportClaims) Run(a *app) error {
	return withWarehouse(a, func(db *clickhouse.DB) error {
		claims, err := report.Claims(a.ctx, db, report.Filter{Shop: r.Shop, From: r.From, To: r.To})
		if err != nil {
			return err
		}
		return report.Write(a.stdout, claims, report.Format(r.Format), report.Lang(r.Lang))
	})
}

type reportLedger struct{ output }

func (r reportLedger) Run(a *app) error {
	return withWarehouse(a, func(db *clickhouse.DB) error {
		ledger, err := report.Ledger(a.ctx, db)
		if err != nil {
			return err
		}
		if err := report.Write(a.stdout, ledger, report.Format(r.Format), report.Lang(r.Lang)); err != nil {
			return err
		}
		if !ledger.NothingLost {
			return no(fmt.Errorf("%d records left no receipt: look at the sinks' log, then run `%s verify --against-facts`", ledger.Total.Unexplained, program()))
		}
		return nil
	})
}

// withWarehouse opens the warehouse of the configuration for one command.
func withWarehouse(a *app, f func(*clickhouse.DB) error) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	db, err := pipeline.Warehouse(a.ctx, c)
	if err != nil {
		return err
	}
	defer db.Close()
	return f(db)
}
