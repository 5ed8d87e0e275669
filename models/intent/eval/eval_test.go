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
	set := judge.NewSet([]judge.Prediction{{Hit: true, Weight: 1}, {Weight: 1, Cluster: 1}})
	f := func(goal float64, word string, reached bool) {
		t.Helper()
		var b strings.Builder
		ok, err := table(&b, []train.Figure{{Name: "x", Of: "messages", Set: set, Metric: judge.Rate, Goal: goal}})
		if err != nil || ok != reached || !strings.Contains(b.String(), word) {
			t.Errorf("goal %v: %v, %v, %s", goal, ok, err, b.String())
		}
	}
	f(.4, "reached", true)
	f(.6, "MISSED", false)
	f(math.Inf(1), "MISSED", false)
}
