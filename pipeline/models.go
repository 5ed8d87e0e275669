package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/models/intent"
	"askbuy/models/registry"
	"github.com/prometheus/client_golang/prometheus"
)

// Models are the parameters of all models that may have scored, by id; unsound
// is told of those that cannot be read.
func Models(ctx context.Context, db *clickhouse.DB, unsound func(id string, reason error)) (map[string]*intent.Params, error) {
	all, err := registry.Bundles{DB: db, Now: time.Now, Unsound: unsound}.AllParams(ctx)
	if err == nil && len(all) == 0 { // no instance has begun a log yet
		all[intent.Default().ID()] = intent.Default().Params()
	}
	return all, err
}

// modelsLog is the models log of a broker and a warehouse.
type modelsLog struct {
	topic   registry.Topic
	bundles registry.Bundles
	now     func() time.Time
}

func openModelsLog(k kafka.Config, admin *kafka.Admin, db *clickhouse.DB, now func() time.Time) modelsLog {
	return modelsLog{registry.Topic{Config: k, Admin: admin}, registry.Bundles{DB: db, Now: now}, now}
}

func (l modelsLog) publisher() *registry.Publisher {
	return &registry.Publisher{Topic: l.topic, Memory: registry.Memory{DB: l.bundles.DB}, Store: l.bundles, Now: l.now}
}

// force begins the log where there is none, and reads it to its end.
func (l modelsLog) force(ctx context.Context, rules []byte, registerer prometheus.Registerer, log *slog.Logger) (*registry.Force, error) {
	shipped, err := intent.Shipped()
	if err != nil {
		return nil, err
	}
	known, err := l.publisher().Begin(ctx, shipped, rules)
	if err != nil {
		return nil, fmt.Errorf("begin the models log: %w", err)
	}
	if id := shipped.Manifest.ID; known.Last().ModelID != id {
		log.Info("this version ships another model than the one in force: compare by `askbuy replay --dry-run --model`, and put it in force by `askbuy model promote`",
			"model", id, "in_force", known.Last().ModelID)
	}
	return l.follow(ctx, registerer, log)
}

// follow reads the log to its end.
func (l modelsLog) follow(ctx context.Context, registerer prometheus.Registerer, log *slog.Logger) (*registry.Force, error) {
	config := registry.DefaultConfig()
	config.Now = l.now
	force, err := registry.New(config, l.bundles, l.topic, registerer, log)
	if err != nil {
		return nil, err
	}
	if err := force.CatchUp(ctx); err != nil {
		return nil, err
	}
	if len(force.Log()) == 0 {
		return nil, errors.New("the models log is empty: start an instance first, which begins it")
	}
	return force, nil
}

// openModels is what reads messages in this process.
func (w wiring) openModels() (*registry.Force, error) {
	rules, err := os.ReadFile(w.config.intentRules())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("intent_rules: %w", err)
	}
	if _, err := intent.ParseRules(rules); err != nil {
		return nil, fmt.Errorf("intent_rules %s: %w; correct the file, or move it away", w.config.intentRules(), err)
	}
	force, err := openModelsLog(w.kafka, w.admin, w.db, w.now).force(w.ctx, rules, w.registry, w.log)
	if err == nil {
		w.health.Add("models log", readiness("the models log", force.Ready))
	}
	return force, err
}

// modelsParts follow the log, and publish what changes in the file of rules.
func modelsParts(w wiring) []part {
	file := &rulesFile{path: w.config.intentRules(), publish: openModelsLog(w.kafka, w.admin, w.db, w.now).publisher().PublishRules, log: w.log}
	return []part{{"models log", w.models.Run}, {"intent rules", file.run}}
}
