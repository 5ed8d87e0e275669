package intent

import "testing"

func TestTaxonomy(t *testing.T) {
	roots, tags := map[string]bool{}, map[string]bool{}
	for _, in := range Intents() {
		roots[in.Path[0]] = true
		tags[in.Tag[0]] = true
		if got := LabelOf(in.ID); got != in.Label || got.Chinese == "" || got.English == "" {
			t.Errorf("%s is labelled %+v", in.ID, got)
		}
		for _, step := range in.Path[:2] {
			if LabelOf(step).Chinese == step {
				t.Errorf("%s: step %s has no label", in.ID, step)
			}
		}
	}
	for _, root := range []string{"enquiry", "after_sale", "complaint", "other"} {
		if !roots[root] {
			t.Errorf("no intent under %s", root)
		}
	}
	for _, tag := range []string{"product", "after_sale", "other"} {
		if !tags[tag] {
			t.Errorf("no intent is tagged %s", tag)
		}
	}
	if got := LabelOf("coupon_query"); got.Chinese != "优惠券与活动" {
		t.Errorf("label %+v", got)
	}
	if got := LabelOf("weather"); got.Chinese != "weather" || got.English != "weather" {
		t.Errorf("label of an unknown id: %+v", got)
	}
}

func TestTaxonomyFaults(t *testing.T) {
	const nodes = `"nodes":{"a":{"zh":"甲","en":"A"}}`
	f := func(intents string) {
		t.Helper()
		if _, err := parseTaxonomy([]byte(`{` + nodes + `,"intents":[` + intents + `]}`)); err == nil {
			t.Errorf("%s is accepted", intents)
		}
	}
	other := `{"id":"other","path":["a","a"],"label":{"zh":"他","en":"O"},"tag":["a","a"]}`
	if _, err := parseTaxonomy([]byte(`{` + nodes + `,"intents":[` + other + `]}`)); err != nil {
		t.Fatal(err)
	}
	f(``)
	f(other + `,` + other)
	f(`{"id":"x","path":["a"],"label":{"zh":"他","en":"O"},"tag":["a","a"]},` + other)
	f(`{"id":"x","path":["a","b"],"label":{"zh":"他","en":"O"},"tag":["a","a"]},` + other)
	f(`{"id":"x","path":["a","a"],"label":{"zh":"他","en":""},"tag":["a","a"]},` + other)
	f(`{"id":"x","path":["a","a"],"label":{"zh":"他","en":"O"},"tag":["a","c"]},` + other)
	f(`{"id":"x","more":1},` + other)
}
