package main

import (
	"fmt"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/internal/clickhouse"
	"askbuy/models/registry"
	"askbuy/pipeline"
)

type modelList struct {
	Format string `default:"text" enum:"text,json" help:"text or json."`
}

func (l modelList) Run(a *app) error {
	return withModels(a, func(m *pipeline.ModelsLog) error {
		list, err := m.List(a.ctx)
		if err != nil {
			return err
		}
		if l.Format == "json" {
			return json.MarshalWrite(a.stdout, list, jsontext.Multiline(true))
		}
		w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "model\tstate\torigin\tput here\tAUC\tECE\tact accuracy\tshadowed\tdrift\tin force")
		for _, m := range list {
			var spans []string
			for _, s := range m.InForce {
				spans = append(spans, span(s))
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.3f\t%.3f\t%.3f\t%d\t%s\t%s\n", m.ID, m.State, m.Origin, m.CreatedAt.Format(time.DateTime), m.Metrics.AUC, m.Metrics.ECE, m.Metrics.TopicAccuracy, m.Shadowed, driftOf(m.Drift), strings.Join(spans, ", "))
		}
		return w.Flush()
	})
}

// driftOf writes what was last seen of a model's drift.
func driftOf(d *pipeline.MeasuredDrift) string {
	if d == nil {
		return "-"
	}
	text := fmt.Sprintf("PSI %s, z %+.1f, %.3f unknown, %s", stability(d.Drift), d.Z, d.Novelty, d.MeasuredAt.Format(time.DateOnly))
	if d.Notable {
		text += ": look"
	}
	return text
}

// span writes a time in force.
func span(s pipeline.Span) string {
	text := "from the beginning"
	if s.From != registry.Beginning {
		text = "from " + at(s.From)
	}
	switch {
	case s.To == nil:
		return text
	case *s.To-s.From < 1000: // the same second would read as no time at all
		return text + fmt.Sprintf(" for %d ms", *s.To-s.From)
	}
	return text + " to " + at(*s.To)
}

func at(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

type modelPromote struct {
	Model string `arg:"" placeholder:"ID|DIR" help:"A model of the registry, or a bundle's directory, which is put there first."`
	why
	Force bool   `help:"Promote whatever the gate would say."`
	Lang  string `default:"en" enum:"en,zh" help:"en or zh."`
}

// Help is what the flags alone do not tell.
func (modelPromote) Help() string {
	return `Puts a model in force for the messages from 10 minutes on; what was said before
is read as it was. The bundle is loaded and its golden texts are scored first:
a broken one is refused, and the model in force stays.

The gate of model evaluate judges the model first, against the one that it would
follow (the last of the models log, even when that is still to come into force),
and a model that it refuses is not promoted (exit 1), but by --force. Nor is one
when somebody promotes another model meanwhile. The models log keeps --why, and
that the gate was passed over.`
}

func (p modelPromote) Run(a *app) error {
	decision := registry.Promotion{Model: p.Model, Why: p.Why}
	if p.Force {
		decision.Why += " (forced)"
	} else {
		judged, err := modelEvaluate{Model: p.Model, Format: "text", Lang: p.Lang}.verdict(a)
		if err != nil {
			return err
		}
		decision.Over = judged.Current
	}
	return p.published(a, func(m *pipeline.ModelsLog, by string) (registry.Entry, error) {
		decision.By = by
		return m.Promote(a.ctx, decision)
	})
}

type modelRollback struct{ why }

// Help is what the flags alone do not tell.
func (modelRollback) Help() string {
	return `Puts the model in force again that was before the last one, for the messages
from 10 minutes on. The log keeps both: what was said meanwhile stays as it was.`
}

func (r modelRollback) Run(a *app) error {
	return r.published(a, func(m *pipeline.ModelsLog, by string) (registry.Entry, error) { return m.Rollback(a.ctx, by, r.Why) })
}

// why is what the models log keeps of a decision.
type why struct {
	Why string `required:"" placeholder:"REASON" help:"Kept in the models log."`
	By  string `placeholder:"NAME" help:"Who decides (default: the user of this process)."`
}

func (y why) published(a *app, publish func(m *pipeline.ModelsLog, by string) (registry.Entry, error)) error {
	by := y.By
	if u, err := user.Current(); by == "" && err == nil {
		by = u.Username
	}
	return withModels(a, func(m *pipeline.ModelsLog) error {
		e, err := publish(m, by)
		if err != nil {
			return no(err)
		}
		_, err = fmt.Fprintf(a.stdout, "model %s reads messages from %s on\n", e.ModelID, at(e.From))
		return err
	})
}

// unsound tells of a model of the registry that is left out.
func (a *app) unsound(id string, reason error) {
	fmt.Fprintf(a.stderr, "askbuy: model %s is left out: %v\n", id, reason)
}

func withModels(a *app, f func(*pipeline.ModelsLog) error) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	return withWarehouse(a, func(db *clickhouse.DB) error {
		m, err := pipeline.OpenModelsLog(c, db, a.unsound)
		if err != nil {
			return err
		}
		defer m.Close()
		return f(m)
	})
}
