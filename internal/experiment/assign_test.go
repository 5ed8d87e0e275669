package experiment

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// The seed's split is one line of a file: a fifth sees the treatment.
func TestSplitOf20And80(t *testing.T) {
	e := greeting(t)
	const users = 20_000
	treated := 0
	for i := range users {
		a := Assign("any", "u_"+strconv.Itoa(i), []Experiment{e})
		if len(a) != 1 || a[0].Variant == nil {
			t.Fatalf("user %d: %+v", i, a)
		}
		if *a[0].Variant == "treatment" {
			treated++
		}
	}
	// Three standard errors of a share of 0.2.
	if share := float64(treated) / users; math.Abs(share-0.2) > 3*math.Sqrt(0.2*0.8/users) {
		t.Errorf("treatment has %.4f of the shoppers", share)
	}
}

func TestAssign(t *testing.T) {
	e := greeting(t)
	external, elsewhere, half := e, e, e
	external.Assignment = ByExternal
	elsewhere.Shops = []string{"s2"}
	half.Key, half.Coverage = "half", 0.5
	got := Assign("s1", "用户😀", []Experiment{external, half, elsewhere, e})
	want := []Assignment{
		{Experiment: "half", Variant: name(got[0]), Bucket: got[1].Bucket, HashVersion: 2},
		{Experiment: "greeting", Variant: name(got[1]), Bucket: got[1].Bucket, HashVersion: 2},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if none := Assign("s1", "u", nil); none == nil || len(none) != 0 {
		t.Errorf("no experiment: %v", none)
	}
	if a := Assign("s1", "", []Experiment{e}); a[0].Variant != nil {
		t.Errorf("a shopper without an id is in %s", *a[0].Variant)
	}
}

func name(a Assignment) *string { return a.Variant }

// Whoever is in the holdout is in no experiment that names it; the others are
// where they were without it, in the namespace and outside of it.
func TestHoldout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := greetingOf()
		if rapid.Bool().Draw(t, "namespace") {
			e.Namespace = &Namespace{Name: "bot", From: 0.2, To: 0.7}
		}
		held := e
		held.Holdout = &Holdout{Seed: "2026", Share: 0.1}
		user := rapid.String().Draw(t, "user")
		before, after := e.assign(user), held.assign(user)
		bucket, _ := Bucket(2, "2026", user)
		if bucket < 0.1 && after.Variant != nil {
			t.Fatalf("%q has bucket %v and takes part", user, bucket)
		}
		if bucket >= 0.1 && !reflect.DeepEqual(before, after) {
			t.Fatalf("%q was %+v, is %+v", user, before, after)
		}
	})
}

// More coverage takes shoppers in and moves nobody.
func TestCoverageMovesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		less, more := greetingOf(), greetingOf()
		less.Coverage = rapid.Float64Range(0.01, 1).Draw(t, "coverage")
		more.Coverage = rapid.Float64Range(less.Coverage, 1).Draw(t, "more")
		user := rapid.String().Draw(t, "user")
		before, after := less.assign(user), more.assign(user)
		if before.Variant != nil && (after.Variant == nil || *after.Variant != *before.Variant) {
			t.Fatalf("%q left %s", user, *before.Variant)
		}
	})
}

func greetingOf() Experiment {
	return Experiment{
		Key: "greeting", Seed: "greeting", Assignment: ByAskbuy, Coverage: 1,
		Variants: []Variant{{"control", 0.8, true}, {"treatment", 0.2, false}},
	}
}

func ExampleBucket() {
	// Chinese and emoji fall where GrowthBook's JavaScript puts them.
	for _, id := range []string{"用户123", "😀"} {
		bucket, _ := Bucket(HashVersion, "", id)
		fmt.Println(bucket)
	}
	// Output:
	// 0.3071
	// 0.4971
}
