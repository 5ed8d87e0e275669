package main

import (
	"strings"
	"testing"
	"time"

	"askbuy/internal/simulator"
)

func TestFlagsOfASimulatedExperiment(t *testing.T) {
	for _, c := range []struct {
		flags simulateCommand
		want  *simulator.Trial
		err   string
	}{
		{simulateCommand{TreatmentShare: .5}, nil, ""},
		{simulateCommand{TreatmentShare: .5, Effect: .3}, nil, "--experiment KEY"},
		{simulateCommand{TreatmentShare: .5, Contaminate: .1}, nil, "--experiment KEY"},
		{simulateCommand{TreatmentShare: .5, Experiment: "g"}, nil, "--truth DIR"},
		{simulateCommand{TreatmentShare: .2, Experiment: "g", Truth: "T", Effect: .3, MoreReturns: .1, DropExposures: .2, Contaminate: .05},
			&simulator.Trial{Key: "g", Share: .2, Effect: .3, Returns: .1, Dropped: .2, Contaminated: .05}, ""},
	} {
		o, err := c.flags.options(time.Now())
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%+v: want an error with %q, have %v", c.flags, c.err, err)
		}
		if (o.Trial == nil) != (c.want == nil) || c.want != nil && *o.Trial != *c.want {
			t.Errorf("%+v: want %+v, have %+v", c.flags, c.want, o.Trial)
		}
	}
	o, _ := simulateCommand{Plain: true, HeavyShoppers: true, SlangDay: 9, ShiftDay: 8, Shift: -1, TreatmentShare: .5}.options(time.Now())
	if !o.Plain || !o.Heavy || o.Drift != (simulator.Drift{SlangDay: 9, ShiftDay: 8, Shift: -1}) {
		t.Errorf("the flags came as %+v", o)
	}
}
