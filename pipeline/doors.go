package pipeline

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"askbuy/ingest"
	"askbuy/ingest/sender"
	embeddedclickhouse "askbuy/internal/clickhouse/embedded"
	"askbuy/internal/httpserver"
	"askbuy/internal/kafka"
	"askbuy/internal/keyring"
)

// doors are the listeners, opened before anything is started, so that their
// addresses are known and a busy one costs nothing.
type doors struct {
	public, admin net.Listener
	signIn        string // address that opens the dashboard once; "" without one

	hooks []ingest.Source
	coze  *ingest.Source // nil: as the coze_ settings say
}

func (p *Pipeline) listen() (*doors, error) {
	d := &doors{}
	var err error
	if p.config.public() {
		if d.hooks, d.coze, err = p.config.sources(time.Now); err != nil {
			return nil, err
		}
		if d.public, err = listen("ASKBUY_HTTP_ADDR", p.config.HTTPAddr, defaultHTTPAddr); err != nil {
			return nil, err
		}
		p.onClose(closeListener(d.public))
	}
	if d.admin, err = listen("ASKBUY_ADMIN_ADDR", p.config.AdminAddr, defaultAdminAddr); err != nil {
		return nil, err
	}
	p.onClose(closeListener(d.admin))
	return d, nil
}

// closeListener closes a listener that its server may have closed already.
func closeListener(l net.Listener) func() error {
	return func() error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// publicRoles are those that are reached at the public address.
var publicRoles = []Role{RoleIngest, RoleReply}

func (c Config) public() bool { return slices.ContainsFunc(publicRoles, c.Has) }

// entrance is the one way in, which all that is served at the public address goes
// by.
type entrance struct {
	acceptor *ingest.Acceptor
	ring     *keyring.Ring
	keys     *ingest.Keys
	parts    []part
	drains   []func() // called when the public door begins to close
}

// openEntrance makes it: what accepts events, what it remembers and where it puts
// what the broker does not take.
func (d *doors) openEntrance(w wiring) (*entrance, error) {
	producer, err := w.newProducer()
	if err != nil {
		return nil, err
	}
	memory, err := openMemory(w)
	if err != nil {
		return nil, err
	}
	publisher := w.behindDoor(DoorPublisher{producer, w.kafka})
	acceptor, err := ingest.NewAcceptor(publisher, memory.filter, []byte(w.secrets.fingerprint), w.registry)
	if err != nil {
		return nil, err
	}
	ring, err := openKeyring(w.ctx, w.config)
	if err != nil {
		return nil, err
	}
	acceptor.UseSealer(ring)
	acceptor.UseErasures(w.erased)
	spool, err := openSpool(w, acceptor, publisher, memory)
	if err != nil {
		return nil, err
	}
	keys, err := ingest.NewKeys(w.apiKeys())
	return &entrance{acceptor: acceptor, ring: ring, keys: keys, parts: []part{{"door's memory", memory.Run}, {"spool", spool.Run}}}, err
}

func (w wiring) apiKeys() []ingest.Key {
	keys := []ingest.Key{{Name: generatedKey, Secret: w.secrets.api, AllShops: true}}
	for _, key := range w.config.APIKeys {
		keys = append(keys, ingest.Key{Name: key.Name, Secret: key.Key, Shops: key.Shops, AllShops: key.AllShops})
	}
	return keys
}

// publicParts are the public door and what it publishes through.
func (d *doors) publicParts(w wiring) ([]part, error) {
	in, err := d.openEntrance(w)
	if err != nil {
		return nil, err
	}
	assigned, err := newAssigned(w)
	if err != nil {
		return nil, err
	}
	parts := append(in.parts, part{"assignments", assigned.run})
	mux := http.NewServeMux()
	if w.config.Has(RoleIngest) {
		more, err := d.ingestRoutes(w, in, mux)
		if err != nil {
			return nil, err
		}
		assigned.register(mux, in.keys, w.log)
		parts = append(parts, more...)
	}
	if w.config.Has(RoleReply) {
		more, err := replyRoutes(w, in, assigned, mux)
		if err != nil {
			return nil, err
		}
		parts = append(parts, more...)
	}
	public := limitConnections(d.public, w.config.Door.MaxConnections)
	server := httpserver.New(httpserver.DefaultConfig(), public, exactPaths(mux), w.health, w.log)
	for _, f := range in.drains {
		server.OnDrain(f)
	}
	return append(parts, part{"public door", server.Run}), nil
}

// ingestRoutes are those by which senders tell events.
func (d *doors) ingestRoutes(w wiring, in *entrance, mux *http.ServeMux) ([]part, error) {
	coze, err := d.cozeSource(w)
	if err != nil {
		return nil, err
	}
	handler, err := ingest.New(ingest.Options{
		Config:   ingest.DefaultConfig(),
		Acceptor: in.acceptor,
		Coze:     coze,
		Hooks:    d.hooks,
		Keys:     in.keys, Score: scoreText(w.models), Intent: latestIntent(w.db),
		Limits: w.config.Door.limits(), Log: w.log, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	eraser, err := newEraser(w.config, w.kafka, w.db, []byte(w.secrets.fingerprint), in.ring)
	if err != nil {
		return nil, err
	}
	w.onClose(eraser.Close)
	requests := newErasures(eraser, w.log)
	handler.Register(mux)
	requests.register(mux, in.keys, w.log)
	return []part{{"erasures", requests.run}}, nil
}

// cozeSource is the seed's webhook: a source of its own, or the settings.
func (d *doors) cozeSource(w wiring) (ingest.Source, error) {
	if d.coze != nil {
		return *d.coze, nil
	}
	config := sender.DefaultJWTConfig()
	config.Secrets, config.Lenient = [][]byte{[]byte(w.secrets.coze)}, w.config.CozeLenient
	jwt, err := sender.NewJWT(config, time.Now)
	if err != nil {
		return ingest.Source{}, err
	}
	return ingest.Source{
		Name: cozeSource, Verifier: sender.NewSeed(jwt), Mapper: sender.NewSeedBody("user_id"),
		Shop: w.config.CozeShop, DefaultShop: w.config.DefaultShop,
	}, nil
}

// newProducer opens a producer that is flushed at the end.
func (w wiring) newProducer() (*kafka.Producer, error) {
	producer, err := kafka.NewProducer(w.kafka)
	if err != nil {
		return nil, err
	}
	w.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return producer.Close(ctx)
	})
	return producer, nil
}

// with adds the addresses that this process serves itself.
func (e Endpoints) with(d *doors, engine *embeddedclickhouse.Engine) Endpoints {
	if d.public != nil {
		e.HTTP = "http://" + d.public.Addr().String()
	}
	e.Admin, e.SignIn = "http://"+d.admin.Addr().String(), d.signIn
	if engine != nil {
		e.ClickHouseNative, e.ClickHouseHTTP = engine.NativeAddr(), "http://"+engine.HTTPAddr()
	}
	return e
}

// readiness turns a state into a dependency's answer.
func readiness(name string, ready func() bool) func(context.Context) error {
	return func(context.Context) error {
		if !ready() {
			return errors.New(name + " are not ready yet")
		}
		return nil
	}
}

func join(addrs []string) string { return strings.Join(addrs, ",") }
