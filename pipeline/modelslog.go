package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/models/intent"
	"askbuy/models/registry"
)

// ModelsLog is what operators do with models.
type ModelsLog struct {
	log   modelsLog
	admin *kafka.Admin
}

// OpenModelsLog opens the models log of a configuration, or of the instance
// that runs on its data directory; unsound is told of models that List leaves
// out.
func OpenModelsLog(c Config, db *clickhouse.DB, unsound func(id string, reason error)) (*ModelsLog, error) {
	k, err := Broker(c)
	if err != nil {
		return nil, err
	}
	admin, err := kafka.NewAdmin(k)
	if err != nil {
		return nil, err
	}
	log := openModelsLog(k, admin, db, time.Now)
	log.bundles.Unsound = unsound
	return &ModelsLog{log, admin}, nil
}

// Close lets go of the broker.
func (m *ModelsLog) Close() { m.admin.Close() }

// The states of a model.
const (
	StateInForce   = "in force"
	StateScheduled = "scheduled"
	StateWithdrawn = "withdrawn" // to come into force, and only until what was published soon after it does
	StateFormer    = "former"
	StateCandidate = "candidate" // never in force
)

// Span is a time in which a model reads messages, in ms of event time.
type Span struct {
	From int64  `json:"from_ms"` // registry.Beginning: from the beginning
	To   *int64 `json:"to_ms"`   // not included; null: until something follows
	By   string `json:"by"`
	Why  string `json:"why"`
}

// ListedModel is a model of the registry.
type ListedModel struct {
	ID        string         `json:"model_id"`
	State     string         `json:"state"`
	Origin    string         `json:"origin"`
	CreatedAt time.Time      `json:"created_at"`
	Metrics   intent.Metrics `json:"metrics"`
	InForce   []Span         `json:"in_force"`
	Shadowed  int            `json:"shadowed"` // messages that it scored beside models in force
	Drift     *MeasuredDrift `json:"drift"`    // when it was last measured; null: never
}

// List says what models there are, and when each reads messages.
func (m *ModelsLog) List(ctx context.Context) ([]ListedModel, error) {
	log, err := m.log.publisher().Log(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := m.log.bundles.List(ctx)
	if err != nil {
		return nil, err
	}
	drift, err := lastDrift(ctx, m.log.bundles.DB)
	if err != nil {
		return nil, err
	}
	shadows, err := shadowCounts(ctx, m.log.bundles.DB)
	if err != nil {
		return nil, err
	}
	list := make([]ListedModel, len(stored))
	for i, s := range stored {
		l := ListedModel{ID: s.ID, State: StateCandidate, Origin: s.Origin, CreatedAt: s.CreatedAt.UTC(), Metrics: s.Manifest.Metrics, InForce: spans(log, s.ID),
			Shadowed: shadows[s.ID], Drift: drift[s.ID]}
		if len(l.InForce) > 0 {
			l.State = state(l.InForce, m.log.now().UnixMilli())
		}
		list[i] = l
	}
	return list, nil
}

// spans are those of one model; rules that change meanwhile end none.
func spans(log registry.Log, id string) []Span {
	list := []Span{}
	for i, e := range log {
		if i > 0 && log[i-1].ModelID == e.ModelID {
			continue
		}
		if n := len(list); n > 0 && list[n-1].To == nil {
			list[n-1].To = &log[i].From
		}
		if e.ModelID == id {
			list = append(list, Span{From: e.From, By: e.By, Why: e.Why})
		}
	}
	return list
}

func state(spans []Span, now int64) string {
	ahead := ""
	for _, s := range spans {
		switch {
		case s.From > now && s.From != registry.Beginning && s.To == nil:
			ahead = StateScheduled
		case s.From > now && s.From != registry.Beginning:
			ahead = cmp.Or(ahead, StateWithdrawn)
		case s.To == nil || *s.To > now:
			return StateInForce
		}
	}
	return cmp.Or(ahead, StateFormer)
}

// Promote puts a model in force, by its id or the directory of its bundle.
func (m *ModelsLog) Promote(ctx context.Context, d registry.Promotion) (registry.Entry, error) {
	if !isModelID(d.Model) {
		bundle, err := intent.ReadBundle(os.DirFS(d.Model))
		if err == nil {
			err = m.log.bundles.Put(ctx, registry.OriginImported, bundle)
		}
		if err != nil {
			return registry.Entry{}, fmt.Errorf("promote %s: %w", d.Model, err)
		}
		d.Model = bundle.Manifest.ID
	}
	return m.log.publisher().Promote(ctx, d)
}

// Rollback puts the former model in force again.
func (m *ModelsLog) Rollback(ctx context.Context, by, why string) (registry.Entry, error) {
	return m.log.publisher().Rollback(ctx, by, why)
}
