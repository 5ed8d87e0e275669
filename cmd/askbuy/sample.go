package main

import (
	"context"

	"askbuy/pipeline"
)

// playSample plays the sample shop against the own webhook until ctx ends.
func playSample(ctx context.Context, a *app, c pipeline.Config, at pipeline.Endpoints) error {
	return nil
}
