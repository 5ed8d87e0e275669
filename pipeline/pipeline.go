// Package pipeline connects the rooms: it is the one package that knows them
// all. Read Run from top to bottom to see the whole system.
//
// What must stay true:
//   - everything is up before the doors open, and the doors close before
//     anything stops;
//   - nothing is written into the data directory without its lock.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"askbuy/internal/clickhouse"
	"askbuy/internal/erasure"
	"askbuy/internal/httpserver"
	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

// Pipeline is one process of askbuy.
type Pipeline struct {
	config   Config
	log      *slog.Logger
	registry *prometheus.Registry
	health   *httpserver.Health
	ready    chan Endpoints
	closers  []func() error // last opened, first closed
	wasReady bool

	now    func() time.Time // of the models log
	tokens TokenMaker       // nil: none can be made
	// behindDoor lets a test plant a fault between the door and the broker.
	behindDoor func(publisher) publisher
}

// New makes a pipeline that does nothing until Run.
func New(c Config, log *slog.Logger) *Pipeline {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &Pipeline{
		config: c, log: log, registry: registry, health: httpserver.NewHealth(), ready: make(chan Endpoints, 1), now: time.Now,
		behindDoor: func(p publisher) publisher { return p },
	}
}

// Ready delivers the endpoints once, when everything is up.
func (p *Pipeline) Ready() <-chan Endpoints { return p.ready }

// RunError is a failure after everything was up. Any other error of Run came
// before: configuration, or something that could not be reached.
type RunError struct{ err error }

func (e *RunError) Error() string { return e.err.Error() }
func (e *RunError) Unwrap() error { return e.err }

// Run starts everything, runs until ctx ends or a part fails, and stops in
// reverse order. It may be called once.
func (p *Pipeline) Run(ctx context.Context) (err error) {
	defer func() {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) && !errors.As(err, new(*RunError)) {
			err = nil // told to stop before everything was up
		}
		if closing := p.close(); closing != nil && p.wasReady && err == nil {
			err = &RunError{closing}
		} else {
			err = errors.Join(err, closing)
		}
	}()
	if err := p.config.Validate(); err != nil {
		return err
	}

	// The data directory, and what this installation signs with.
	unlock, err := lockDataDir(p.config.DataDir)
	if err != nil {
		return err
	}
	p.onClose(unlock)
	secrets, err := readSecrets(p.config)
	if err != nil {
		return err
	}

	// The doors' addresses first: a busy port should not cost a start.
	doors, err := p.listen()
	if err != nil {
		return err
	}

	// The broker and its topics.
	brokers, broker, err := startBroker(p.config, secrets, p.log)
	if err != nil {
		return err
	}
	var parts []part
	if broker != nil {
		p.onClose(broker.Close)
		parts = append(parts, part{"embedded broker", broker.Run})
	}
	k := p.config.kafkaConfig(brokers)
	infos, err := provision(ctx, k)
	if err != nil {
		return err
	}
	admin, err := kafka.NewAdmin(k) // for lag, the ledger's cut and readiness
	if err != nil {
		return err
	}
	p.onClose(func() error { admin.Close(); return nil })
	p.health.Add("broker", admin.Ping)

	// The warehouse, its tables and views.
	dsn, engine, err := startWarehouse(ctx, p.config, secrets, p.log)
	if err != nil {
		return err
	}
	if engine != nil {
		p.onClose(engine.Close)
		parts = append(parts, part{"embedded ClickHouse", engine.Run}, p.readersPart(engine, secrets))
	}
	db, err := clickhouse.Open(ctx, dsn)
	if err != nil {
		return err
	}
	p.onClose(db.Close)
	if err := openTables(ctx, db, admin, k, p.config, secrets, p.log); err != nil {
		return err
	}
	if err := makeRollups(ctx, db, p.config); err != nil {
		return err
	}
	if err := writeShops(ctx, db, p.config); err != nil {
		return err
	}
	if _, err := registerExperiments(ctx, db, p.config); err != nil {
		return err
	}
	epochs, err := topicEpochs(ctx, db, k.Prefix, infos, slices.Concat(event.RawTopics(), event.DerivedTopics()))
	if err != nil {
		return err
	}
	if err := warnOfFormerLives(ctx, db, admin, k, epochs, p.log); err != nil {
		return err
	}
	p.health.Add("warehouse", db.Ping)

	// From here on each part reads what the one before it may still write, so
	// that stopping in reverse leaves nothing half done.
	erased := erasure.New([]byte(secrets.fingerprint), &erasure.Table{DB: db})
	if _, err := erased.Refresh(ctx); err != nil {
		return err
	}
	common := wiring{Pipeline: p, ctx: ctx, kafka: k, db: db, admin: admin, epochs: epochs, infos: infos, secrets: secrets, erased: erased}
	if common.models, err = common.openModels(); err != nil {
		return err
	}
	adminDoor, err := doors.adminPart(common)
	if err != nil {
		return err
	}
	parts = append(parts, adminDoor, erasuresPart(common))
	parts = append(parts, modelsParts(common)...)
	for _, room := range []struct {
		roles []Role
		parts func(wiring) ([]part, error)
	}{
		{[]Role{RoleDashboard}, rollupParts}, {[]Role{RoleSink}, sinkParts}, {[]Role{RoleProcess}, processParts}, {[]Role{RoleProcess}, scorerParts}, {[]Role{RoleProcess}, shadowParts},
		{publicRoles, doors.publicParts},
	} {
		if !slices.ContainsFunc(room.roles, p.config.Has) {
			continue
		}
		more, err := room.parts(common)
		if err != nil {
			return fmt.Errorf("set up role %s: %w", room.roles[0], err)
		}
		parts = append(parts, more...)
	}
	parts = append(parts, lagPart(common))
	return p.serve(ctx, parts, doors, Endpoints{
		PID: os.Getpid(), Kafka: join(brokers), KafkaPrefix: k.Prefix, DSN: dsn,
	}.with(doors, engine))
}

// serve runs the parts and says where everything is once all are well.
func (p *Pipeline) serve(ctx context.Context, parts []part, doors *doors, endpoints Endpoints) error {
	told := ctx
	parts = append(parts, part{"readiness", func(ctx context.Context) error {
		if err := p.awaitReady(ctx); err != nil {
			return err
		}
		p.wasReady = true
		if p.config.public() { // the door has its spool: a balancer must not take it away now
			p.health.Survive("broker", "warehouse", "processors", "sinks", "models log")
		}
		if err := endpoints.write(p.config.DataDir); err != nil {
			return fmt.Errorf("write %s: %w", endpointsFile, err)
		}
		p.ready <- endpoints
		<-ctx.Done()
		p.health.Drain() // before any door closes
		if told.Err() != nil {
			_ = wait.For(context.WithoutCancel(ctx), p.config.Door.DrainDelay) // nothing ends a stop early
		}
		return os.Remove(filepath.Join(p.config.DataDir, endpointsFile))
	}})
	err := runParts(ctx, parts)
	if ctx.Err() != nil {
		p.log.Info("stopped, as told")
	}
	if err != nil && p.wasReady {
		return &RunError{err}
	}
	return err
}

// awaitReady asks the dependencies until all are well.
func (p *Pipeline) awaitReady(ctx context.Context) error {
	tick, remind := time.NewTicker(50*time.Millisecond), time.NewTicker(10*time.Second)
	defer tick.Stop()
	defer remind.Stop()
	for {
		state := p.health.Ready(ctx)
		if state.Ready {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-remind.C:
			p.log.Warn("still waiting until everything is well", "dependencies", state.Dependencies)
		case <-tick.C:
		}
	}
}

func (p *Pipeline) onClose(f func() error) { p.closers = append(p.closers, f) }

func (p *Pipeline) close() (err error) {
	for _, f := range slices.Backward(p.closers) {
		err = errors.Join(err, f())
	}
	p.closers = nil
	return err
}
