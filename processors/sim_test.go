package processors

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"askbuy/models/intent"
	"askbuy/schemas/event"
)

// testModel stands in for one of two intent models, with testFold in the place
// of the fold.
type testModel struct{ second bool }

func (m testModel) ID() string { return map[bool]string{false: "first", true: "second"}[m.second] }

// Params of both read all there is.
func (m testModel) Params() *intent.Params {
	if m.second {
		return secondParams
	}
	return nil
}

var secondParams = &intent.Params{Signals: signalled().params.Signals}

func (m testModel) Score(text string) intent.Scored {
	topic := map[int]string{3: intent.Claim, 4: intent.Claim, 5: intent.Bargain}[len(text)]
	s := intent.Scored{Evidence: float64(len(text)), Act: topic, Intent: text, IntentPath: []string{text}}
	if m.second {
		s.Evidence += 100
		if topic == "" {
			s.Act = intent.Claim
		}
	}
	return s
}

// turns has two models in force by turns, each for a time.
type turns struct {
	models [2]intent.Scorer
	each   int64
}

func (t turns) at(ts int64) intent.Scorer {
	return t.models[(ts%(2*t.each)+2*t.each)%(2*t.each)/t.each]
}

func (t turns) At(_ context.Context, ts int64) (intent.Scorer, error) { return t.at(ts), nil }

// Know refuses what nobody may ask for.
func (t turns) Know(_ context.Context, ids []string) error {
	for _, id := range ids {
		if id != t.models[0].ID() && id != t.models[1].ID() {
			return fmt.Errorf("no model %q", id)
		}
	}
	return nil
}

func (t turns) Params(id string) *intent.Params {
	if id == t.models[1].ID() {
		return t.models[1].Params()
	}
	return t.models[0].Params()
}

// testModels change so often that most histories see it.
var testModels = turns{[2]intent.Scorer{testModel{}, testModel{second: true}}, 7 * halfDay}

// testFold is a fold in which everything that a signal may read leaves its
// mark: the real one's three decimals would hide some.
func testFold(_ string, points []intent.Point, past *intent.Past) []intent.Folded {
	out := make([]intent.Folded, len(points))
	h := fnv.New32a()
	for i, p := range points {
		if i > 0 && p.TS-points[i-1].TS > sessionGap {
			h.Reset()
		}
		fmt.Fprint(h, p.TS, p.Evidence, p.Bargain, p.Params == nil, ";")
		seen := fnv.New32a()
		fmt.Fprint(seen, h.Sum32(), pastAt(past, p.TS))
		out[i] = intent.Folded{BuyScore: float64(seen.Sum32()) / (1 << 32), POrder: float64(seen.Sum32())}
	}
	return out
}

func testJoin(limits Limits) join {
	return join{fold: testFold, params: testModels.Params, partition: partitionOfKey, limits: limits}
}

// pastAt writes what of a past a signal may read at a time.
func pastAt(past *intent.Past, at int64) string {
	var seen []string
	for _, ts := range past.Claims {
		if ts <= at && ts > at-30*day {
			seen = append(seen, fmt.Sprint("claim ", ts))
		}
	}
	for _, b := range past.Behaviors {
		if b.TS <= at && b.TS > at-day {
			seen = append(seen, fmt.Sprint("behavior ", b))
		}
	}
	for _, o := range past.Purchases {
		if o.PaidAt <= at && o.PaidAt > at-30*day {
			seen = append(seen, fmt.Sprint("order ", o.PaidAt, o.LostAt <= at))
		}
	}
	slices.Sort(seen)
	return strings.Join(seen, ",")
}

// bug is a mistake that the simulation must find.
type bug string

const (
	noBug       bug = ""
	twoLogs     bug = "messages and orders in two logs, the version summed over both"
	previous    bug = "a snapshot goes to the present shopper and the one before"
	first       bug = "a snapshot is replaced by any later one"
	onlyChanged bug = "only rows that differ from the state are emitted"
	noRepairs   bug = "what the journey cannot compute is not asked for"
	hasty       bug = "facts are read before they are stored"

	deafToBehaviors bug = "a behaviour does not re-score messages"
	deafToOrders    bug = "an order does not re-score messages"

	byArrival bug = "a message is scored by the model in force when it is processed"
	lastModel bug = "all messages are folded by the params of the last model"
)

// log is a topic's partition; state is a table as its changelog has it.
type log [][]byte
type state map[string][]byte

// emission is an output; it takes effect when it is acknowledged.
type emission func()

// group is a Goka group on one or two logs: it has outputs in flight, keeps
// checkpoints, and falls back to one of them in a crash, with a state that may
// be ahead of the committed offsets.
type group struct {
	logs    []*log
	step    func(s state, log, offset int) []emission
	state   state
	at      []int
	pending []emission
	kept    []checkpoint
}

type checkpoint struct {
	state state
	at    []int
}

func newGroup(step func(state, int, int) []emission, logs ...*log) *group {
	g := &group{logs: logs, step: step, state: state{}, at: make([]int, len(logs))}
	g.kept = []checkpoint{g.now()}
	return g
}

func (g *group) now() checkpoint {
	return checkpoint{maps.Clone(g.state), append([]int(nil), g.at...)}
}

func (g *group) ready() (logs []int) {
	for i, l := range g.logs {
		if g.at[i] < len(*l) {
			logs = append(logs, i)
		}
	}
	return logs
}

func (g *group) busy() bool { return len(g.ready()) > 0 || len(g.pending) > 0 }

func (g *group) run(dice *rand.Rand) {
	if ready := g.ready(); len(ready) > 0 {
		i := ready[dice.IntN(len(ready))]
		for range 1 + dice.IntN(3) {
			if g.at[i] < len(*g.logs[i]) {
				g.pending = append(g.pending, g.step(g.state, i, g.at[i])...)
				g.at[i]++
			}
		}
	}
	n := len(g.pending)
	if len(g.ready()) > 0 {
		n = dice.IntN(n + 1)
	}
	for _, emit := range g.pending[:n] {
		emit()
	}
	g.pending = g.pending[n:]
	if len(g.pending) == 0 {
		g.kept = nil // all acknowledged: a commit may be here
	}
	g.kept = append(g.kept, g.now())
	g.kept = append(g.kept[:1], g.kept[max(1, len(g.kept)-8):]...)
}

// crash goes back. What is in flight is lost, or comes late from an instance
// that has not noticed.
func (g *group) crash(dice *rand.Rand) (late []emission) {
	if dice.IntN(2) == 0 {
		late = g.pending
	}
	g.state = maps.Clone(g.kept[dice.IntN(len(g.kept))].state)
	g.at = append([]int(nil), g.kept[0].at...)
	g.pending = nil
	g.kept = []checkpoint{g.now()}
	return late
}

// world is the pipeline between raw topics and rows. Order events lie in two
// partitions, all else in one.
type world struct {
	dice   *rand.Rand
	bug    bug
	join   join
	crash  int // how many crashes are left
	events [3][]*event.Event
	raw    [3]log // messages and behaviours, orders of partition 0 and 1
	stored [3]int // how far the sinks are

	journey, second, repairs log
	asked                    map[event.Shopper]event.Repair
	groups                   []*group
	late                     []emission
	rows                     map[string]row
	heard                    func(event.OrderTouches) // nil, or told of each row that arrives
}

type row struct {
	version event.Position
	text    string
}

func newWorld(dice *rand.Rand, limits Limits, b bug, crashes int, events []*event.Event) *world {
	w := &world{dice: dice, bug: b, crash: crashes, rows: map[string]row{}, asked: map[event.Shopper]event.Repair{}}
	w.join = testJoin(limits)
	if b == lastModel {
		w.join.params = func(string) *intent.Params { return secondParams }
	}
	for _, e := range events {
		i := 0
		if e.Type == event.TypeOrder {
			i = 1 + int(partitionOfKey(e.Key()))
		}
		w.events[i] = append(w.events[i], e)
		w.raw[i] = append(w.raw[i], nil)
	}
	w.groups = []*group{
		newGroup(w.scoreStep, &w.raw[0]), newGroup(w.orderStep(1), &w.raw[1]), newGroup(w.orderStep(2), &w.raw[2]),
		newGroup(w.journeyStep, &w.journey, &w.second), newGroup(w.repairStep, &w.repairs),
	}
	return w
}

// partitionOfKey places orders, whose names end in a digit, in two partitions.
func partitionOfKey(key string) int32 {
	if i := strings.LastIndexByte(key, 'o'); i >= 0 {
		return int32(key[len(key)-1] & 1)
	}
	return 0
}

// run plays until nothing is left to do and returns the rows.
func (w *world) run() map[string]string {
	for {
		var busy []*group
		for _, g := range w.groups {
			if g.busy() {
				busy = append(busy, g)
			}
		}
		if len(busy) == 0 && len(w.late) == 0 && len(w.asked) == 0 {
			break
		}
		w.sinkSome(len(busy) == 0)
		w.repairSome(len(busy) == 0)
		if len(w.late) > 0 && (len(busy) == 0 || w.dice.IntN(3) == 0) {
			emit := w.late[0]
			w.late = w.late[1:]
			emit()
		}
		if len(busy) > 0 {
			busy[w.dice.IntN(len(busy))].run(w.dice)
		}
		if w.crash > 0 && w.dice.IntN(8) == 0 {
			w.crash--
			w.late = append(w.late, w.groups[w.dice.IntN(len(w.groups))].crash(w.dice)...)
		}
	}
	said := map[string]string{}
	for key, r := range w.rows {
		if r.text != "" {
			said[key] = r.text
		}
	}
	return said
}

func (w *world) put(key string, version event.Position, text string) {
	if before, ok := w.rows[key]; !ok || version >= before.version {
		w.rows[key] = row{version, text}
	}
}

func (w *world) hear(rows []event.OrderTouches) {
	for _, r := range rows {
		if w.heard != nil {
			w.heard(r)
		}
	}
}

func (w *world) scoreStep(_ state, _, offset int) []emission {
	e := w.events[0][offset]
	if w.bug == byArrival {
		entry := must(scoreEvent(testModels.at(int64(offset)*halfDay), e, event.At(0, int64(offset))))
		return []emission{w.append(&w.journey, must(encodeJSON(entry)))}
	}
	entry, err := scoreEvent(testModels.at(e.TS), e, event.At(0, int64(offset)))
	return []emission{w.append(&w.journey, must(encodeJSON(must(entry, err))))}
}

func (w *world) append(to *log, value []byte) emission { return func() { *to = append(*to, value) } }

func (w *world) orderStep(partition int) func(state, int, int) []emission {
	return func(s state, _, offset int) (out []emission) {
		e := w.events[partition][offset]
		var o orderState
		if kept, ok := s[e.Key()]; ok {
			o = must(decodeJSON[orderState](kept))
		}
		before := foldOrder(o.Events).Shopper
		for _, snapshot := range o.apply(e, event.At(0, int64(offset)), event.At(0, int64(offset))) {
			if w.bug == previous && snapshot.UserID != before && snapshot.UserID != snapshot.Shopper {
				continue
			}
			to := &w.journey
			if w.bug == twoLogs {
				to = &w.second
			}
			out = append(out, w.append(to, must(encodeJSON(&event.Entry{Order: &snapshot}))))
		}
		s[e.Key()] = must(encodeJSON(&o))
		return out
	}
}

func (w *world) journeyStep(s state, log, offset int) (out []emission) {
	entry := must(event.DecodeEntry((*w.groups[3].logs[log])[offset]))
	key := entry.Shopper().Key()
	var j journey
	if kept, ok := s[key]; ok {
		j = must(decodeJSON[journey](kept))
	}
	at := event.At(0, int64(offset))
	if w.bug == first && entry.Order != nil {
		entry.Order.V = at
	}
	if w.bug == twoLogs {
		applied := must(decodeJSON[[2]int](bytes.Clone(orElse(s["applied "+key], []byte("[0,0]")))))
		applied[log] = max(applied[log], offset)
		s["applied "+key] = must(encodeJSON(applied))
		at = event.Position(applied[0] + applied[1])
	}
	said := w.join.apply(&j, entry, at)
	if w.bug == deafToBehaviors && entry.Behavior != nil || w.bug == deafToOrders && entry.Order != nil {
		said.Scores = nil
	}
	s[key] = must(encodeJSON(&j))
	for key, text := range texts(said) {
		if w.bug == onlyChanged && string(s["shown "+key]) == text && s["shown "+key] != nil {
			continue
		}
		s["shown "+key] = []byte(text)
		out = append(out, func() { w.put(key, at, text) })
	}
	out = append(out, func() { w.hear(said.Touches) })
	if said.Repair != nil && w.bug != noRepairs {
		out = append(out, w.append(&w.repairs, must(encodeJSON(said.Repair))))
	}
	return out
}

// repairStep takes requests as the repairer does: merged by shopper.
func (w *world) repairStep(_ state, _, offset int) []emission {
	r := must(decodeJSON[event.Repair](w.repairs[offset]))
	return []emission{func() {
		if before, ok := w.asked[r.Shopper()]; ok {
			r = mergeRepairs(before, r)
		}
		w.asked[r.Shopper()] = r
	}}
}

func (w *world) sinkSome(all bool) {
	for i := range w.stored {
		if n := len(w.raw[i]); all {
			w.stored[i] = n
		} else if w.dice.IntN(4) == 0 {
			w.stored[i] = min(n, w.stored[i]+w.dice.IntN(4))
		}
	}
}

func (w *world) repairSome(all bool) {
	shoppers := slices.SortedFunc(maps.Keys(w.asked), func(a, b event.Shopper) int { return cmp.Compare(a.UserID, b.UserID) })
	for _, s := range shoppers {
		r := w.asked[s]
		if !all && w.dice.IntN(3) > 0 || w.bug != hasty && !w.hasStored(r) {
			continue
		}
		delete(w.asked, s)
		rebuilt := rebuildTest(w.join, s, w.facts(s), r.Version)
		if rebuilt.Repair != nil {
			panic("a repair asked for a repair")
		}
		w.hear(rebuilt.Touches)
		for key, text := range texts(rebuilt) {
			emit := func() { w.put(key, r.Version, text) }
			if w.dice.IntN(4) == 0 && !all {
				w.late = append(w.late, emit) // and once more, late
			}
			emit()
		}
	}
}

func (w *world) hasStored(r event.Repair) bool {
	for _, need := range r.Needs {
		i := 0
		if need.Topic == event.TopicOrders {
			i = 1 + int(need.Partition)
		}
		if w.stored[i] < len(w.raw[i]) && event.At(0, int64(w.stored[i])) <= need.Position {
			return false
		}
	}
	return true
}

// facts are the first copies among what is stored.
func (w *world) facts(s event.Shopper) (h History) {
	ties := map[string]bool{}
	for i, events := range w.events {
		for _, e := range firstCopies(events[:w.stored[i]]) {
			ties[e.OrderID] = ties[e.OrderID] || e.Type == event.TypeOrder && e.Shopper() == s && !e.Test
		}
	}
	for i, events := range w.events {
		for _, e := range firstCopies(events[:w.stored[i]]) {
			fact := Fact{Event: e, Raw: 0}
			if e.Type == event.TypeMessage && e.Shopper() == s {
				h.Messages = append(h.Messages, fact)
			}
			if e.Type == event.TypeBehavior && e.Shopper() == s && !e.Test {
				h.Behaviors = append(h.Behaviors, fact)
			}
			if e.Type == event.TypeOrder && ties[e.OrderID] {
				h.Orders = append(h.Orders, fact)
			}
		}
	}
	return h
}

// texts writes what was said as the oracle does.
func texts(o output) map[string]string {
	rows := map[string]string{}
	for _, r := range o.Scores {
		key, text := scoreText(r)
		rows[key] = text
	}
	for _, r := range o.Touches {
		key, text := touchesText(r)
		rows[key] = text
	}
	return rows
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func orElse(b, otherwise []byte) []byte {
	if b == nil {
		return otherwise
	}
	return b
}

// rebuildTest is rebuild with the models of these tests.
func rebuildTest(f join, s event.Shopper, h History, at event.Position) output {
	return f.rebuild(must(scorersOf(context.Background(), testModels, h.Messages)), s, h, at)
}

// withSignals is the shipped model with a weight on every signal.
type withSignals struct {
	*intent.Model
	params intent.Params
}

func (m *withSignals) Params() *intent.Params { return &m.params }

// signalledTurns are the model with signals and the shipped one by turns.
func signalledTurns() turns {
	return turns{[2]intent.Scorer{signalled(), &renamed{intent.Default(), "another"}}, 7 * halfDay}
}

// renamed is a model under another id.
type renamed struct {
	*intent.Model
	id string
}

func (m *renamed) ID() string { return m.id }

func signalled() *withSignals {
	m := &withSignals{intent.Default(), *intent.Default().Params()}
	m.params.Signals, m.params.Loss, m.params.LossB = map[string]float64{}, map[string]float64{}, -2
	for i, name := range intent.SignalNames() {
		m.params.Signals[name], m.params.Loss[name] = .05*float64(i+1), .1
	}
	return m
}
