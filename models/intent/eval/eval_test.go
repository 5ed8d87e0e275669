package main

import (
	"bytes"
	"compress/gzip"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"askbuy/internal/judge"
	"askbuy/models/intent/train"
)

// publicData is a little of what the public sets look like.
func publicData(t *testing.T) fstest.MapFS {
	t.Helper()
	var sgd bytes.Buffer
	z := gzip.NewWriter(&sgd)
	for range 20 {
		_, err := z.Write([]byte(`{"id":"1","u":[["book a table",1],["thanks",0]],"conv":1}
{"id":"2","u":[["what is the weather",0]],"conv":0}
`))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	info, turns := "B2,B3,B4,B6,B7\n", ",Unit,Turn,B4,B2\n"
	for i := range 20 {
		id := string(rune('a' + i))
		gift, says := "0.0", "no way"
		if i%2 == 0 {
			gift, says = "2.0", "happy to give"
		}
		info += id + ",u,0,5.0,1\n" + id + ",v,1," + gift + ",1\n"
		turns += "0,please give,0,0," + id + "\n1,\"" + says + "\",0,1," + id + "\n"
	}
	return fstest.MapFS{
		"sgd/train.jsonl.gz": {Data: sgd.Bytes()}, "sgd/dev.jsonl.gz": {Data: sgd.Bytes()},
		"persuasionforgood/full_info.csv": {Data: []byte(info)}, "persuasionforgood/full_dialog.csv": {Data: []byte(turns)},
	}
}

// What can be told apart at once is told apart.
func TestOnPublicData(t *testing.T) {
	figures, err := onPublicData(publicData(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		if got := f.Set.Of(f.Metric); f.Goal > 0 && !(got >= .99) {
			t.Errorf("%s: %v of %d %s", f.Name, got, f.Set.Len(), f.Of)
		}
	}
	for name := range publicData(t) {
		data := publicData(t)
		delete(data, name)
		if _, err := onPublicData(data); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v, want an error that names it", name, err)
		}
	}
}

func TestTableSaysWhatIsMissed(t *testing.T) {
	set := judge.NewSet([]judge.Prediction{{Hit: true, Weight: 1}, {Weight: 1, Cluster: 1}}) // a rate of .5
	f := func(r row, word string, reached bool) {
		t.Helper()
		var b strings.Builder
		r.Name, r.Of, r.Set, r.Metric = "x", "messages", set, judge.Rate
		ok, err := table(&b, []row{r})
		if err != nil || ok != reached || !strings.Contains(b.String(), word) {
			t.Errorf("%+v: %v, %v, %s", r.Figure, ok, err, b.String())
		}
	}
	least, most := func(x float64) row { return row{Figure: train.Figure{Goal: x}} }, func(x float64) row { return row{Figure: train.Figure{Most: x}} }
	f(least(.4), ">= 0.40 reached", true)
	f(least(.6), ">= 0.60 MISSED", false)
	f(least(math.Inf(1)), "MISSED", false)
	f(most(.6), "<= 0.60 reached", true)
	f(most(.4), "<= 0.40 MISSED", false)
	f(row{}, "0.5000", true)
	control := func(r row) row { r.control = true; return r }
	f(control(most(.4)), "<= 0.40 missed, as the control must", true)
	f(control(most(.6)), "REACHED BY THE CONTROL", false)
	f(control(least(.4)), "REACHED BY THE CONTROL", false)
	absent := least(.4)
	absent.absent = true
	f(absent, ">= 0.40 NOT MEASURED", true)
}

// What was not measured is told of at the end, by name, and is no success.
func TestSummary(t *testing.T) {
	f := func(all []row, ok bool, has, hasNot string) {
		t.Helper()
		got := summary(all, ok)
		if !strings.Contains(got, has) || strings.Contains(got, hasNot) {
			t.Errorf("it says %q, want %q and not %q", got, has, hasNot)
		}
	}
	measured := unmeasured()
	for i := range measured {
		measured[i].absent = false
	}
	f(measured, true, "every goal that was measured is reached", "NOT MEASURED")
	f(measured, false, "NOT every goal", "every goal that was")
	f(unmeasured(), true, "NOT MEASURED: 3 goals (SGD dev, transactional intent, AUC; ", "Brier")
	f(unmeasured(), true, "EVAL_DATA", "NOT every goal")
}

// A model of naive labels expects too few orders, and one that counts what is
// still to come does not: else the control controls nothing.
func TestControlMisses(t *testing.T) {
	all, err := onOpenWindows(6_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		value := r.Set.Of(r.Metric)
		t.Logf("%s: %.4f", r.Name, value)
		if _, good := r.verdict(value); r.control && !good {
			t.Errorf("%s: %.4f: the control does not miss the goal", r.Name, value)
		}
	}
}
