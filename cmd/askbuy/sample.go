package main

import (
	"context"
	"fmt"

	"askbuy/internal/simulator"
	"askbuy/pipeline"
)

// playSample plays the sample shops against the own webhook until ctx ends.
func playSample(ctx context.Context, a *app, c pipeline.Config, at pipeline.Endpoints) error {
	play, err := playOptions(c, at.HTTP)
	if err != nil {
		return err
	}
	play.Progress, play.Terminal = a.stderr, isTerminal(a.stderr)
	return simulator.Sample(ctx, simulator.SampleOptions{
		Play: play,
		Backfill: func(events int) {
			fmt.Fprintf(a.stdout, "the sample shops have told 14 days, %d events, and go on live\n", events)
		},
	})
}
