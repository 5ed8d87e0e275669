package registry

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"
	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
	"askbuy/models/intent"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

// rig is a broker, a warehouse and a clock.
type rig struct {
	*Publisher
	t       *testing.T
	topic   Topic
	bundles Bundles
	now     atomic.Int64 // ms
}

func newRig(t *testing.T) *rig {
	t.Helper()
	db := clickhousetest.Fresh(t)
	migrations, err := warehouse.Render(warehouse.Cluster{})
	if err == nil {
		err = clickhouse.Migrate(t.Context(), db, migrations, slog.New(slog.DiscardHandler))
	}
	if err != nil {
		t.Fatal(err)
	}
	brokers, _ := kafkatest.Broker(t)
	r := &rig{t: t}
	r.now.Store(1_750_000_000_000)
	r.bundles = Bundles{DB: db, Now: r.time}
	r.prefixed(kafkatest.Config(brokers, 2), "one.")
	return r
}

func (r *rig) time() time.Time { return time.UnixMilli(r.now.Load()) }

func (r *rig) pass(d time.Duration) { r.now.Add(d.Milliseconds()) }

// prefixed goes over to topics of another prefix.
func (r *rig) prefixed(c kafka.Config, prefix string) {
	r.t.Helper()
	c.Prefix = prefix
	kafkatest.Topics(r.t, c, kafka.Topic{Name: c.Name(event.TopicModels), Compacted: true, Retention: kafka.Keep})
	admin, err := kafka.NewAdmin(c)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(admin.Close)
	r.topic = Topic{Config: c, Admin: admin}
	r.Publisher = &Publisher{Topic: r.topic, Memory: Memory{DB: r.bundles.DB}, Store: r.bundles, Now: r.time}
}

// force is an instance that has caught up.
func (r *rig) force() *Force {
	r.t.Helper()
	f, err := New(Config{Every: time.Millisecond, Now: r.time}, r.bundles, r.topic, nil, slog.New(slog.DiscardHandler))
	if err == nil {
		err = f.CatchUp(r.t.Context())
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

func (r *rig) begin(b *intent.Bundle, rules string) Log {
	r.t.Helper()
	log, err := r.Begin(r.t.Context(), b, []byte(rules))
	if err != nil {
		r.t.Fatal(err)
	}
	return log
}

func (r *rig) put(b *intent.Bundle) string {
	r.t.Helper()
	if err := r.bundles.Put(r.t.Context(), OriginTrained, b); err != nil {
		r.t.Fatal(err)
	}
	return b.Manifest.ID
}

func (r *rig) promote(id string) Entry {
	r.t.Helper()
	e, err := r.Promote(r.t.Context(), Promotion{Model: id, By: "who", Why: "why"})
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

// bundle is the shipped one with another base rate.
func bundle(t *testing.T, refLogit float64) *intent.Bundle {
	t.Helper()
	b, err := intent.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	b.Manifest.Params.RefLogit += refLogit
	if err := b.Seal([]string{"有优惠券吗", "hello"}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (r *rig) at(f *Force, ts int64) string {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	m, err := f.At(ctx, ts)
	if err != nil {
		r.t.Fatal(err)
	}
	if f.Params(m.ID()) == nil {
		r.t.Errorf("no params of %s", m.ID())
	}
	return m.ID()
}

// The model that began an installation stays, whatever is shipped later, and
// the log outlives its topic.
func TestBegin(t *testing.T) {
	r := newRig(t)
	first, second := bundle(t, .1), bundle(t, .2)
	if log := r.begin(first, ""); len(log) != 1 || log[0].From != Beginning || log[0].ModelID != first.Manifest.ID {
		t.Fatalf("%+v", log)
	}
	if log := r.begin(second, ""); len(log) != 1 || log[0].ModelID != first.Manifest.ID {
		t.Errorf("another version restates the past: %+v", log)
	}
	e := r.promote(second.Manifest.ID)
	before, err := r.Publisher.Log(t.Context())
	if err != nil || !slices.Equal(before, Log{{ModelID: first.Manifest.ID, By: "askbuy", Why: "shipped"}, e}) {
		t.Fatalf("%+v, %v", before, err)
	}
	r.prefixed(r.topic.Config, "two.")
	if log := r.begin(second, ""); !slices.Equal(log, before) {
		t.Errorf("another prefix has the log %+v, want %+v", log, before)
	}
	if got, err := r.Publisher.Log(t.Context()); err != nil || !slices.Equal(got, before) {
		t.Errorf("the topic of another prefix has %+v, %v", got, err)
	}
}

// What was judged against a model that another promotion has replaced
// meanwhile is not promoted.
func TestPromotionOverTheLastModel(t *testing.T) {
	r := newRig(t)
	first, second, third := bundle(t, .1), bundle(t, .2), bundle(t, .3)
	r.begin(first, "")
	r.promote(r.put(second))
	late := Promotion{Model: r.put(third), Over: first.Manifest.ID}
	if err := r.bundles.DB.Exec(t.Context(), "TRUNCATE TABLE askbuy.model_log", nil); err != nil { // as when the warehouse was away then
		t.Fatal(err)
	}
	if _, err := r.Promote(t.Context(), late); !errors.Is(err, ErrNothing) || !strings.Contains(err.Error(), second.Manifest.ID) {
		t.Errorf("judged against a model that is replaced: %v", err)
	}
	if known, err := r.Memory.Log(t.Context()); err != nil || len(known) != 1 || known.Last().ModelID != second.Manifest.ID {
		t.Errorf("the next verdict is not against the last model: %+v, %v", known, err)
	}
	late.Over = second.Manifest.ID
	if e, err := r.Promote(t.Context(), late); err != nil || e.ModelID != third.Manifest.ID {
		t.Errorf("judged against the last model: %+v, %v", e, err)
	}
}

// A message is read by the model of its time, before and after the change, by
// who has seen it come and by who starts later.
func TestForceByTime(t *testing.T) {
	r := newRig(t)
	first, second := bundle(t, .1), bundle(t, .2)
	r.begin(first, "")
	f := r.force()
	e := r.promote(r.put(second))
	if left := e.From - r.now.Load(); left < Notice.Milliseconds() || left > (Notice+time.Minute).Milliseconds() {
		t.Errorf("takes effect after %d ms", left)
	}
	if err := f.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.pass(Notice)
	if f.Ready() {
		t.Error("is certain of what it has not looked at")
	}
	back, err := r.Rollback(t.Context(), "who", "worse")
	if err != nil || back.ModelID != first.Manifest.ID || back.From <= e.From {
		t.Fatalf("%+v, %v", back, err)
	}
	r.pass(2 * Notice)
	if err := f.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*Force{f, r.force()} {
		for ts, want := range map[int64]*intent.Bundle{
			-5: first, 0: first, e.From - 1: first, e.From: second, back.From - 1: second, back.From: first, r.now.Load(): first,
		} {
			if got := r.at(f, ts); got != want.Manifest.ID {
				t.Errorf("at %d: %s, want %s", ts, got, want.Manifest.ID)
			}
		}
		if !f.Ready() {
			t.Error("is not certain")
		}
		if err := f.Know(t.Context(), []string{first.Manifest.ID, second.Manifest.ID}); err != nil {
			t.Error(err)
		}
		if err := f.Know(t.Context(), []string{"sha256:nobody"}); !errors.Is(err, ErrBundle) {
			t.Errorf("knows nobody: %v", err)
		}
	}
}

// What is not certain waits: for a message of such a time nothing is guessed.
func TestForceWaits(t *testing.T) {
	r := newRig(t)
	r.begin(bundle(t, .1), "")
	f := r.force()
	edge := r.time().Add(Notice).UnixMilli()
	r.at(f, edge-1)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if m, err := f.At(gone, edge); err == nil {
		t.Fatalf("%d is read by %s, which another may follow", edge, m.ID())
	}
	second := r.put(bundle(t, .2))
	e := r.promote(second)
	asked := make(chan string, 1)
	go func() {
		m, err := f.At(t.Context(), e.From)
		if err != nil {
			t.Error(err)
			close(asked)
			return
		}
		asked <- m.ID()
	}()
	r.pass(time.Minute)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	if got := <-asked; got != second {
		t.Errorf("read by %s, want %s", got, second)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// damage puts other files under the id of a bundle.
func (r *rig) damage(id string, spoil func(files map[string]string)) {
	r.t.Helper()
	files, err := r.bundles.files(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	content := map[string]string{}
	for name, f := range files {
		content[name] = string(f.Data)
	}
	spoil(content)
	row := []any{id, kindModel, OriginTrained, content, content[manifestFile], r.time()}
	if err := r.bundles.DB.Insert(r.t.Context(), warehouse.ModelBundles.Name, warehouse.ModelBundles.Columns, [][]any{row}); err != nil {
		r.t.Fatal(err)
	}
}

// A broken bundle is refused with the reason, and the old model stays.
func TestBrokenBundles(t *testing.T) {
	r := newRig(t)
	first, second := bundle(t, .1), bundle(t, .2)
	r.begin(first, "")
	bad := bundle(t, .3)
	bad.Golden[0].Evidence++
	if err := r.bundles.Put(t.Context(), OriginTrained, bad); !errors.Is(err, ErrBundle) || !strings.Contains(err.Error(), "golden") {
		t.Errorf("golden texts that score otherwise: %v", err)
	}
	for reason, spoil := range map[string]func(map[string]string){
		"its content is":    func(f map[string]string) { f["golden.json"] = strings.Replace(f["golden.json"], "hello", "hallo", 1) },
		"weights.gz":        func(f map[string]string) { f["weights.gz"] = f["weights.gz"][:1000] },
		"manifest.json":     func(f map[string]string) { f["manifest.json"] = "{" },
		"file does not":     func(f map[string]string) { delete(f, "golden.json") },
		"under this id are": func(f map[string]string) { maps.Copy(f, r.content(first)) },
	} {
		id := r.put(second)
		r.damage(id, spoil)
		_, err := r.Promote(t.Context(), Promotion{Model: id})
		if !errors.Is(err, ErrBundle) || !strings.Contains(err.Error(), reason) || !strings.Contains(err.Error(), id) {
			t.Errorf("%s: %v", reason, err)
		}
		r.put(second)
		if _, err := r.bundles.Model(t.Context(), id); err != nil {
			t.Errorf("%s: put again it is not mended: %v", reason, err)
		}
	}
	if log, err := r.Publisher.Log(t.Context()); err != nil || len(log) != 1 {
		t.Errorf("something was published: %+v, %v", log, err)
	}
	f := r.force()
	r.promote(second.Manifest.ID)
	r.damage(second.Manifest.ID, func(f map[string]string) { f["weights.gz"] = "" })
	if err := f.CatchUp(t.Context()); !errors.Is(err, errEntry) {
		t.Errorf("an entry whose bundle broke after it was published: %v", err)
	}
	if got := r.at(f, r.now.Load()); got != first.Manifest.ID || len(f.Log()) != 1 {
		t.Errorf("the old model does not stay: %s, %v", got, f.Log())
	}
	if err := f.Run(t.Context()); !errors.Is(err, errEntry) {
		t.Errorf("goes on with a model that it cannot have: %v", err)
	}
}

// A candidate whose manifest is unsound takes nobody the other models; it is
// refused itself, until it is put there again.
func TestUnsoundCandidate(t *testing.T) {
	r := newRig(t)
	first, bad := bundle(t, .1), bundle(t, .2)
	r.begin(first, "")
	var told []string
	r.bundles.Unsound = func(id string, err error) {
		if !errors.Is(err, ErrBundle) || !strings.Contains(err.Error(), "manifest") {
			t.Errorf("left out for another reason: %v", err)
		}
		told = append(told, id)
	}
	good, id := first.Manifest.ID, r.put(bad)
	for _, manifest := range []string{"{", "", `{"params":{"gamma":2}}`} {
		told = nil
		r.damage(id, func(f map[string]string) { f[manifestFile] = manifest })
		if list, err := r.bundles.List(t.Context()); err != nil || len(list) != 1 || list[0].ID != good {
			t.Errorf("%q: list: %+v, %v", manifest, list, err)
		}
		if all, err := r.bundles.AllParams(t.Context()); err != nil || len(all) != 1 || all[good] == nil {
			t.Errorf("%q: all parameters: %v, %v", manifest, all, err)
		}
		if !slices.Equal(told, []string{id, id}) {
			t.Errorf("%q: told of %v", manifest, told)
		}
		f, err := New(Config{Every: time.Millisecond, Now: r.time}, r.bundles, r.topic, nil, slog.New(slog.DiscardHandler))
		if err == nil {
			err = f.CatchUp(t.Context())
		}
		if err == nil {
			_, err = r.bundles.Params(t.Context(), []string{good})
		}
		if err != nil {
			t.Errorf("%q: an instance does not start beside it: %v", manifest, err)
		}
		if _, err := r.bundles.Params(t.Context(), []string{good, id}); !errors.Is(err, ErrBundle) || !strings.Contains(err.Error(), id) || !strings.Contains(err.Error(), "manifest") {
			t.Errorf("%q: its own parameters: %v", manifest, err)
		}
		r.put(bad)
		if p, err := r.bundles.Params(t.Context(), []string{id}); err != nil || p[id].RefLogit != bad.Manifest.Params.RefLogit {
			t.Errorf("%q: put again it is not mended: %v", manifest, err)
		}
	}
}

func (r *rig) content(b *intent.Bundle) map[string]string {
	r.t.Helper()
	files, err := b.Files()
	if err != nil {
		r.t.Fatal(err)
	}
	content := map[string]string{}
	for name, f := range files {
		content[name] = string(f)
	}
	return content
}

const rules = `{"rules": [{"topic": "invoice", "any": ["双十一"]}]}`

// Rules that change count from then on: what was read before is read again by
// those of its time.
func TestRulesDoNotRestateThePast(t *testing.T) {
	r := newRig(t)
	const text = "双十一还有这个价吗"
	f := func() (past, later string) {
		t.Helper()
		force := r.force()
		read := func(ts int64) string {
			m, err := force.At(t.Context(), ts)
			if err != nil {
				t.Fatal(err)
			}
			return m.Score(text).Intent
		}
		return read(r.now.Load() - (time.Hour).Milliseconds()), read(r.now.Load())
	}
	r.begin(bundle(t, .1), rules) // there from the beginning
	if past, now := f(); past != "invoice" || now != "invoice" {
		t.Errorf("%s, %s", past, now)
	}
	if _, err := r.PublishRules(t.Context(), []byte(rules), "who", "again"); !errors.Is(err, ErrNothing) {
		t.Errorf("the same rules again: %v", err)
	}
	if _, err := r.PublishRules(t.Context(), []byte(`{"rules":[{}]}`), "who", "broken"); !errors.Is(err, ErrBundle) {
		t.Errorf("broken rules: %v", err)
	}
	e, err := r.PublishRules(t.Context(), nil, "who", "no more")
	if err != nil || e.RulesID != "" {
		t.Fatalf("%+v, %v", e, err)
	}
	if past, now := f(); past != "invoice" || now != "invoice" {
		t.Errorf("before they take effect: %s, %s", past, now)
	}
	r.pass(Notice + time.Minute)
	past, now := f()
	if past != "invoice" || now == "invoice" {
		t.Errorf("afterwards: %s, %s", past, now)
	}
	other := r.put(bundle(t, .2))
	m, err := r.bundles.Model(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	instead := r.force().Instead(m)
	for ts, want := range map[int64]string{0: "invoice", r.now.Load(): now} {
		if s, err := instead.At(t.Context(), ts); err != nil || s.ID() != other || s.Score(text).Intent != want {
			t.Errorf("another model in its place at %d: %v, %v", ts, s, err)
		}
	}
}

// What cannot be obeyed stops, what is against the rules of the log is passed
// over by everybody.
func TestForeignEntries(t *testing.T) {
	r := newRig(t)
	r.begin(bundle(t, .1), "")
	f := r.force()
	if err := r.topic.Append(t.Context(), Entry{From: r.now.Load(), ModelID: "sha256:x", PublishedAt: r.now.Load()}); err != nil {
		t.Fatal(err)
	}
	if err := f.CatchUp(t.Context()); err != nil || len(f.Log()) != 1 {
		t.Errorf("an entry without notice: %v, %v", err, f.Log())
	}
	kafkatest.Produce(t, r.topic.Config, kafka.Record{Topic: r.topic.name(), Key: []byte("9"), Value: []byte(`{"from_ms":9,"new":1}`)})
	if err := f.CatchUp(t.Context()); !errors.Is(err, errEntry) || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("an entry that cannot be read: %v", err)
	}
	if _, err := r.Promote(t.Context(), Promotion{Model: r.put(bundle(t, .2))}); err == nil {
		t.Error("publishes over what it cannot read")
	}
}
