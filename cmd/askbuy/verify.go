package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/simulator/truth"
	"askbuy/internal/simulator/verify"
	"askbuy/pipeline"
	"askbuy/report"
)

// settleWithin is how long verify waits until nothing is in flight.
const settleWithin = 2 * time.Minute

type verifyCommand struct {
	Truth        string `xor:"what" placeholder:"DIR" help:"Compare the reports with this truth, as askbuy simulate wrote it."`
	AgainstFacts bool   `xor:"what" help:"Compare scores and touches with what SQL computes from facts."`
	Repair       bool   `help:"With --against-facts: have what differs computed anew from facts."`
}

func (v verifyCommand) Run(a *app) error {
	if v.Truth == "" && !v.AgainstFacts {
		return errors.New("verify: give --truth DIR or --against-facts")
	}
	if v.Repair && !v.AgainstFacts {
		return errors.New("verify: --repair goes with --against-facts")
	}
	c, err := a.config()
	if err != nil {
		return err
	}
	return withWarehouse(a, func(db *clickhouse.DB) error {
		if err := drain(a.ctx, c); err != nil {
			return err
		}
		if v.AgainstFacts {
			return v.againstFacts(a, c, db)
		}
		return v.againstTruth(a, c, db)
	})
}

// drain waits until nothing is in flight.
func drain(ctx context.Context, c pipeline.Config) error {
	k, err := pipeline.Broker(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	if at, err := pipeline.ReadEndpoints(c.DataDir); err == nil { // else the door is another machine's
		if err := pipeline.AwaitSpool(ctx, at); err != nil {
			return no(err)
		}
	}
	if err := pipeline.AwaitDrain(ctx, k); err != nil {
		return no(fmt.Errorf("wait until nothing is in flight: %w", err))
	}
	return nil
}

func (v verifyCommand) againstTruth(a *app, c pipeline.Config, db *clickhouse.DB) error {
	shops := map[string]truth.Shop{}
	for id, shop := range c.Shops {
		shops[id] = truth.Shop{TimeZone: shop.TimeZone, ReportingCurrency: shop.ReportingCurrency}
	}
	experiments, err := pipeline.OpenExperiments(c, db)
	if err != nil {
		return err
	}
	count := func(ctx context.Context, key string) error {
		e, err := experiments.Find(ctx, key)
		if err == nil {
			_, err = experiments.Refresh(ctx, e)
		}
		return err
	}
	found, err := verify.Run(a.ctx, db, v.Truth, verify.Options{Shops: shops, Timeout: settleWithin, Count: count})
	if found != nil {
		if err := found.Write(a.stdout); err != nil {
			return err
		}
	}
	switch {
	case err != nil && found == nil:
		return err
	case err != nil:
		return no(err)
	case !found.OK():
		return no(errors.New("the reports differ from the truth"))
	}
	return nil
}

func (v verifyCommand) againstFacts(a *app, c pipeline.Config, db *clickhouse.DB) error {
	diff, err := againstFacts(a, db)
	if err != nil {
		return err
	}
	if diff.Rows == 0 {
		_, err := fmt.Fprintln(a.stdout, "every derived row is what the facts say")
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "table\tshop\tuser\tkey\twhat\twant\tgot")
	for _, d := range diff.Differences {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.Table, d.ShopID, d.UserID, d.Key, d.What, d.Want, d.Got)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	found := fmt.Errorf("%d derived rows of %d shoppers differ from the facts", diff.Rows, len(diff.Shoppers))
	if !v.Repair {
		return no(fmt.Errorf("%w: mend them with --repair", found))
	}
	k, err := pipeline.Broker(c)
	if err != nil {
		return err
	}
	if err := pipeline.RequestRepairs(a.ctx, k, db, diff.Shoppers); err != nil {
		return no(err)
	}
	fmt.Fprintf(a.stdout, "%v; repairs were requested\n", found)
	if err := drain(a.ctx, c); err != nil {
		return err
	}
	if diff, err = againstFacts(a, db); err != nil {
		return no(err)
	}
	if diff.Rows > 0 {
		return no(fmt.Errorf("%d rows still differ after the repair: see the processors' log", diff.Rows))
	}
	_, err = fmt.Fprintln(a.stdout, "repaired: every derived row is what the facts say")
	return err
}

func againstFacts(a *app, db *clickhouse.DB) (*report.Diff, error) {
	models, err := pipeline.Models(a.ctx, db, a.unsound)
	if err != nil {
		return nil, err
	}
	return report.AgainstFacts(a.ctx, db, models)
}
