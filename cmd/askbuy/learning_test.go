package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/judge"
	"askbuy/internal/simulator"
	"askbuy/internal/simulator/truth"
	"askbuy/pipeline"
)

// learnFrom is how many conversations a model learns from, and how many later
// ones it is judged on, and how near to the best forecast its AUC must come: at
// 20,000, which `make soak` takes, within 0.03. Fewer teach less.
func learnFrom() (conversations int, near float64) {
	const soaked = 20_000
	n, err := strconv.Atoi(cmp.Or(os.Getenv("LEARN"), "2000"))
	if err != nil {
		panic(err)
	}
	if n >= soaked {
		return n, .03
	}
	return n, .07
}

var trainedID = regexp.MustCompile(`sha256:[0-9a-f]+`)

// From an empty directory: conversations come in through the webhook, a model
// learns from what is stored and from nothing else, and what it says of later
// conversations is, by SQL, nearly as good as the best forecast there can be.
func TestLearnsFromTheWebhook(t *testing.T) {
	t.Parallel()
	n, near := learnFrom()
	end := time.Now().Add(-time.Minute)
	middle := end.Add(-simulator.DefaultPeriod)
	i := start(t)
	i.play(shops(n, middle))
	id := i.trained()
	p := i.ask("model", "evaluate", id).wants(exitDone)
	t.Logf("the gate on %d conversations:\n%s", n, p.out)
	if list := i.ask("model", "list").wants(exitDone); !strings.Contains(list.out.String(), id+"  candidate") {
		t.Errorf("the list does not have the candidate:\n%s", list.out)
	}

	o := shops(n, end)
	o.Label = "later"
	oracle := i.play(o)
	i.ask("replay", "--model", id, "--allow-other-model").wants(exitDone)
	units := i.units(oracle, middle)
	ours, best := units.set(everyMessage, model), units.set(everyMessage, oracleSeen)
	t.Logf("%d later conversations, model and oracle:\n%s", n, units)
	inSQL := i.aucInSQL(id, middle)
	if gap := ours.Of(judge.AUC) - inSQL; gap > .005 || gap < -.005 {
		t.Errorf("AUC %.4f by the bins of bi.score_quality, %.4f by its units", inSQL, ours.Of(judge.AUC))
	}
	if inSQL < best.Of(judge.AUC)-near {
		t.Errorf("AUC %.4f, the best possible is %.4f", inSQL, best.Of(judge.AUC))
	}
	i.ask("model", "promote", id, "--why", "it learned").wants(exitDone)
	if list := i.ask("model", "list").wants(exitDone); !strings.Contains(list.out.String(), id+"  scheduled") {
		t.Errorf("what was promoted is not scheduled:\n%s", list.out)
	}
}

// The same where orders were dealt out anew, so that they say nothing of the
// conversations: the gate refuses, says by how much, and the old model stays.
func TestLearnsNothingFromShuffledOrders(t *testing.T) {
	t.Parallel()
	n, _ := learnFrom()
	i := start(t)
	o := shops(n, time.Now().Add(-time.Minute))
	o.EventsOnly, o.Noise = true, simulator.NoiseNone
	i.tell(shuffled(t, o))
	i.drained()
	id := i.trained()
	for _, command := range [][]string{{"evaluate", id}, {"promote", id, "--why", "hope"}} {
		p := i.ask(append([]string{"model"}, command...)...).wants(exitNo)
		if said := p.out.String(); !strings.Contains(said, "learned_nothing") || !strings.Contains(said, "95 % interval") {
			t.Errorf("model %v says\n%s", command, said)
		}
		t.Logf("model %v says\n%s", command, p.out)
	}
	list := i.ask("model", "list").wants(exitDone).out.String()
	if !strings.Contains(list, id+"  candidate") || strings.Contains(list, "scheduled") || strings.Count(list, "in force  ") != 1 {
		t.Errorf("the old model does not stay:\n%s", list)
	}
}

// shops are those of a simulation that ends at a time.
func shops(conversations int, end time.Time) simulator.Options {
	o := simulator.DefaultOptions(end)
	o.Seed, o.Conversations, o.Shops, o.Plain = 5, conversations, 3, true
	return o
}

// play sends a simulation through the webhook and waits until it is stored.
func (i *instance) play(o simulator.Options) []truth.Forecast {
	i.t.Helper()
	simulation, err := simulator.New(o)
	if err != nil {
		i.t.Fatal(err)
	}
	oracle := simulation.Truth().Oracle
	result, err := simulation.Play(i.t.Context(), simulator.PlayOptions{URL: i.at.HTTP, APIKey: i.secret("api_key"), CozeSecret: i.secret("coze_secret")})
	if err != nil {
		i.t.Fatal(err)
	}
	if err := result.Err(); err != nil {
		i.t.Fatal(err)
	}
	i.drained()
	return oracle
}

func (i *instance) secret(name string) string {
	i.t.Helper()
	s, err := pipeline.Secret(i.dir, name)
	if err != nil {
		i.t.Fatal(err)
	}
	return s
}

// drained waits until all that was told is stored.
func (i *instance) drained() {
	i.t.Helper()
	k, err := pipeline.Broker(pipeline.Config{DataDir: i.dir})
	if err != nil {
		i.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(i.t.Context(), 10*time.Minute)
	defer cancel()
	if err := pipeline.AwaitDrain(ctx, k); err != nil {
		i.t.Fatal(err)
	}
}

// trained trains a model from what is stored, and gives its id.
func (i *instance) trained() string {
	i.t.Helper()
	p := i.ask("model", "train").wants(exitDone)
	i.t.Logf("training:\n%s", p.out)
	return trainedID.FindString(p.out.String())
}

// shuffled are the lines of a simulation in which every order is that of
// another conversation of its shop, some hours after its end.
func shuffled(t *testing.T, o simulator.Options) (lines [][]byte) {
	t.Helper()
	simulation, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := simulation.WriteNDJSON(&b); err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	last, users := map[string]float64{}, map[string]string{} // by conversation
	shops, orders := map[string][]string{}, map[string]string{}
	decoder := json.NewDecoder(&b)
	for decoder.More() {
		e := map[string]any{}
		if err := decoder.Decode(&e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
		shop, conv := fmt.Sprint(e["shop_id"]), fmt.Sprint(e["conv_id"])
		if e["type"] == "message" && e["from"] == "user" {
			if users[conv] == "" {
				shops[shop] = append(shops[shop], conv)
			}
			last[conv], users[conv] = max(last[conv], e["ts"].(float64)), fmt.Sprint(e["user_id"])
		}
	}
	r := rand.New(rand.NewPCG(4, 4))
	latest := float64(o.End.UnixMilli())
	for _, e := range all {
		if e["type"] != "order" {
			continue
		}
		id, of := fmt.Sprint(e["order_id"]), shops[fmt.Sprint(e["shop_id"])]
		if orders[id] == "" {
			orders[id] = of[r.IntN(len(of))]
		}
		conv := orders[id]
		delete(e, "conv_id")
		e["user_id"] = users[conv]
		e["ts"] = int64(min(latest, last[conv]+1+r.ExpFloat64()*float64(3*time.Hour.Milliseconds())))
	}
	for _, e := range all {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

// aucInSQL is the AUC of p_order from bi.score_quality alone, of the days after
// a time: bins of equal scores, ties half.
func (i *instance) aucInSQL(model string, after time.Time) float64 {
	i.t.Helper()
	row, err := clickhouse.One[struct {
		AUC float64 `ch:"auc"`
	}](i.t.Context(), i.warehouse(), `
		SELECT sum(y * (misses_to - misses / 2)) / (sum(y) * sum(misses)) AS auc
		FROM
		(
			SELECT bin, sum(sum_y) AS y, sum(n) - y AS misses, sum(misses) OVER (ORDER BY bin) AS misses_to
			FROM bi.score_quality
			WHERE score = 'p_order' AND model_id = {model:String} AND day > {day:Date}
			GROUP BY bin
		)`, map[string]any{"model": model, "day": after.UTC().Format(time.DateOnly)})
	if err != nil {
		i.t.Fatal(err)
	}
	return row.AUC
}
