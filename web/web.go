// Package web is the dashboard: pages that the server renders, in Chinese and
// in English, with charts drawn in the browser, behind a sign-in.
//
// What must stay true:
//   - a page shows rows of the shops of whoever is signed in, and of no other;
//     what has no shop is for those of all shops;
//   - nothing is loaded from elsewhere, and nothing runs in a page but the
//     built assets (dist);
//   - every text for people stands in the catalogue, in both languages;
//   - a rate stands beside its n and interval, and a window that is still
//     open is shown as open.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/clickhouse"
	"askbuy/web/questions"
)

// database answers one SQL statement with rows of Go values.
type database interface {
	Query(ctx context.Context, sql string, params map[string]any, settings ...clickhouse.Settings) (columns, types []string, rows [][]any, err error)
}

// Deps is what the dashboard is given.
type Deps struct {
	DB    database
	Users []User // may be none: the administrator signs in with AdminPassword
	// AdminPassword signs the user admin in: all shops, every right.
	AdminPassword string
	// Link signs the administrator in once, within Config.LinkLives of New.
	// Empty: there is none.
	Link string
	Keys []Key // of the JSON API
	// Interval is the 95 % interval of a share of hits among n.
	Interval func(hits, n int64) (low, high float64)
	// Name is what people call something of which there is an id.
	Name    func(kind Kind, id string, l Lang) string
	Now     func() time.Time
	Random  io.Reader
	Letters Letters // nil: this process cannot send them again
	Desk    Desk    // nil: this process cannot act on handoffs and questions
	// Record keeps who looked at what is masked or sealed.
	Record     func(context.Context, Look) error
	Registerer prometheus.Registerer
	Metrics    prometheus.Gatherer // of this process, for the page on its health
	Log        *slog.Logger
}

// Dashboard serves the pages. It holds no goroutine of its own.
type Dashboard struct {
	config   Config
	deps     Deps
	people   *people
	sessions *sessions
	attempts *attempts
	shops    *shopList
	desk     *questions.Desk
	looks    looks // by language
	metrics  *metrics
	waiting  waitingCounts
	streams  chan struct{} // holds one for each stream that is open
	drain    chan struct{} // closed when streams have to end
}

// New makes a dashboard that answers when it is asked.
func New(c Config, deps Deps) (*Dashboard, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	people, err := newPeople(deps.Users, deps.AdminPassword, deps.Link, deps.Now().Add(c.LinkLives))
	if err != nil {
		return nil, err
	}
	templates, err := parseLooks()
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	counters, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	shops := &shopList{db: deps.DB, now: deps.Now, lives: c.ShopsLive}
	desk := questions.New(deps.DB, deps.Now, shops.zoneNow)
	desk.UseRollups()
	return &Dashboard{
		config: c, deps: deps, people: people, looks: templates, metrics: counters,
		sessions: newSessions(c, deps.Now, deps.Random), attempts: newAttempts(c, deps.Now),
		shops: shops, desk: desk, streams: make(chan struct{}, maxStreams), drain: make(chan struct{}),
	}, nil
}

// Drain ends the streams that have no end of their own. Call it once.
func (d *Dashboard) Drain() { close(d.drain) }

// Register adds the dashboard to the admin door. What is registered there
// already, such as /healthz, stays.
func (d *Dashboard) Register(mux *http.ServeMux) {
	inner := http.NewServeMux()
	inner.Handle("GET /static/", assets())
	inner.Handle("GET /signin", d.open(d.signInPage))
	inner.Handle("POST /signin", d.open(d.signIn))
	inner.Handle("POST /signout", d.closed(RoleViewer, d.signOut))
	for _, p := range pages() {
		inner.Handle("GET "+p.path, d.closed(p.role, d.page(p)))
	}
	inner.Handle("POST /deadletters/requeue", d.closed(RoleOperator, d.requeue))
	inner.Handle("POST /deadletters/original", d.closed(RoleAdmin, d.original))
	inner.Handle("POST /handoff/take", d.closed(RoleOperator, d.act("take", d.takeHandoff)))
	inner.Handle("POST /handoff/say", d.closed(RoleOperator, d.act("say", d.sayToShopper)))
	inner.Handle("POST /handoff/close", d.closed(RoleOperator, d.act("close", d.giveBack)))
	inner.Handle("POST /knowledge/approve", d.closed(RoleOperator, d.review("approved", d.approve)))
	inner.Handle("POST /knowledge/reject", d.closed(RoleOperator, d.review("rejected", d.reject)))
	inner.Handle("GET /live/rows", d.closed(RoleViewer, d.streamLive))
	d.registerAPI(inner)
	inner.Handle("/", d.closed(RoleViewer, func(http.ResponseWriter, *http.Request, *visit) error { return errNoPage }))
	mux.Handle("/", guarded(inner))
}

// handler answers a request of somebody who is signed in.
type handler func(http.ResponseWriter, *http.Request, *visit) error

// open answers whoever asks.
func (d *Dashboard) open(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			d.fail(w, r, &visit{lang: langOf(r), url: r.URL}, err)
		}
	})
}

// closed answers whoever is signed in and may.
func (d *Dashboard) closed(least Role, f handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, ok := d.sessions.find(cookieOf(r))
		if !ok {
			toSignIn(w, r)
			return
		}
		v := &visit{person: session.person, csrf: session.csrf, lang: langOf(r), url: r.URL}
		keepLang(w, r)
		err := allowed(r, v.person, least, session)
		if err == nil {
			err = f(w, r, v)
		}
		if err != nil {
			d.fail(w, r, v, err)
		}
	})
}

// allowed says whether somebody may ask for this.
func allowed(r *http.Request, p Person, least Role, s *session) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !sameSecret(r.PostFormValue("csrf"), s.csrf) {
		return errForged
	}
	if !p.May(least) {
		return errForbidden
	}
	return nil
}

// fail shows what went wrong and what to do about it.
func (d *Dashboard) fail(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	if r.Context().Err() != nil {
		return // whoever asked has left
	}
	var told *failure
	if !errors.As(err, &told) {
		told = &failure{status: http.StatusServiceUnavailable, key: "error.unavailable"}
		d.deps.Log.Warn("a page could not be shown", "path", r.URL.Path, "err", err)
	}
	d.metrics.failures.WithLabelValues(told.key).Inc()
	if told.after > 0 {
		w.Header().Set("Retry-After", seconds(told.after))
	}
	if err := d.render(w, told.status, v, errorPage, told); err != nil {
		d.deps.Log.Warn("cannot show an error", "path", r.URL.Path, "err", err)
	}
}
