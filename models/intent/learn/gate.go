package learn

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"askbuy/internal/judge"
	"askbuy/models/intent"
)

// What a candidate must reach.
const (
	// leastHeldOrders is how many conversations with an order must be held out:
	// the interval supposes that the sum of the losses is normal, and of fewer
	// orders it is skewed.
	leastHeldOrders = 20
	mostECE         = .03
	mostBins        = 15
	ordersPerBin    = 20 // fewer make a calibration error of chance alone
	topShops        = 20
	leastOfRate     = 100 // conversations of a shop that give it a rate of its own
	mostWorse       = .02 // of a shop's log loss
)

// Refusal is why a candidate does not come into force: one of a closed set.
type Refusal string

// The refusals.
const (
	NothingHeldOut Refusal = "nothing_held_out" // no order among the conversations held out
	LearnedNothing Refusal = "learned_nothing"  // it is not surely better than the shops' rates of orders alone
	TooFewOrders   Refusal = "too_few_orders"   // so few that the interval cannot be trusted
	NotBetter      Refusal = "not_better"       // the interval of the difference is not below 0
	Miscalibrated  Refusal = "miscalibrated"
	Misbehaves     Refusal = "misbehaves"
	HurtsAShop     Refusal = "hurts_a_shop"
	WorseInShadow  Refusal = "worse_in_shadow" // what it said beside the model in force was surely worse
)

// Refusals are all of them.
func Refusals() []Refusal {
	return []Refusal{NothingHeldOut, TooFewOrders, LearnedNothing, NotBetter, Miscalibrated, Misbehaves, HurtsAShop, WorseInShadow}
}

// Verdict is what came of holding a candidate against the model in force, on
// conversations that neither learned from, each message weighing 1/n of its
// conversation.
type Verdict struct {
	Candidate     string `json:"candidate"`
	Current       string `json:"current"`
	Conversations int    `json:"conversations"`
	Orders        int    `json:"orders"` // conversations with an order that was kept
	Shoppers      int    `json:"shoppers"`

	Change   Difference `json:"change"`    // from the model in force to the candidate
	OverRate Difference `json:"over_rate"` // from the shops' rates of orders, which know nothing of a conversation, to the candidate

	After  Quality `json:"after"`  // of the candidate
	Before Quality `json:"before"` // of the model in force

	Refusals []Reason `json:"refusals"`
}

// Quality is how good one model's probabilities are.
type Quality struct {
	LogLoss  float64 `json:"log_loss"`
	AUC      float64 `json:"auc"`
	Brier    float64 `json:"brier"`
	ECE      float64 `json:"ece"`
	Expected float64 `json:"expected"` // sum of p_order over that of orders
	NetECE   float64 `json:"net_ece"`  // of p_net
}

// Reason is one refusal with what was seen.
type Reason struct {
	Refusal Refusal `json:"refusal"`
	Detail  string  `json:"detail"`
}

// Passed reports whether the candidate may come into force.
func (v Verdict) Passed() bool { return len(v.Refusals) == 0 }

// Judge holds a candidate against the model in force.
func Judge(candidate, current *intent.Model, facts Facts) Verdict {
	return judgeOn(candidate, current, facts, HeldOut)
}

func judgeOn(candidate, current *intent.Model, facts Facts, which func(Shopper, string) bool) Verdict {
	after, before := ExamineThose(candidate, facts, which), ExamineThose(current, facts, which)
	v := Verdict{Candidate: candidate.ID(), Current: current.ID(), Conversations: conversations(after), Refusals: []Reason{}}
	var hits float64
	shoppers := map[int]bool{}
	for _, p := range after {
		shoppers[p.Cluster] = true
		if p.Hit {
			hits += p.Share
		}
	}
	v.Orders, v.Shoppers = int(math.Round(hits)), len(shoppers)
	if v.Orders == 0 || v.Shoppers < 2 {
		v.refuse(NothingHeldOut, fmt.Sprintf("%d conversations of %d shoppers with %d orders are held out and over: wait for more", v.Conversations, v.Shoppers, v.Orders))
		return v
	}
	if v.Orders < leastHeldOrders {
		v.refuse(TooFewOrders, fmt.Sprintf("%d conversations with an order that was kept are held out and over, at least %d must be: wait for more", v.Orders, leastHeldOrders))
	}
	bins := min(mostBins, max(2, v.Orders/ordersPerBin))
	v.After, v.Before = quality(after, bins), quality(before, bins)
	v.Change, v.OverRate = compare(after, before), compare(after, rates(after))
	if !(v.Change.High < 0) {
		v.refuse(NotBetter, fmt.Sprintf("against %s, log loss changes by %v: the interval must lie below 0", v.Current, v.Change))
	}
	if !(v.OverRate.High < 0) {
		v.refuse(LearnedNothing, fmt.Sprintf("against the shops' rates of orders alone, log loss changes by %v: the interval must lie below 0", v.OverRate))
	}
	if chance := Set(after).Of(judge.CalibrationChance(bins)); !(v.After.ECE <= mostECE+chance) {
		v.refuse(Miscalibrated, fmt.Sprintf("calibration error %.4f in %d bins: at most %.2f is allowed, and %.4f that chance alone gives so few conversations", v.After.ECE, bins, mostECE, chance))
	}
	for _, fault := range misbehaves(candidate) {
		v.refuse(Misbehaves, fault)
	}
	for _, fault := range hurt(after, before) {
		v.refuse(HurtsAShop, fault)
	}
	return v
}

func (v *Verdict) refuse(r Refusal, detail string) {
	v.Refusals = append(v.Refusals, Reason{r, detail})
}

func quality(all []Prediction, bins int) (q Quality) {
	s := Set(all)
	q = Quality{LogLoss: s.Of(judge.LogLoss), AUC: s.Of(judge.AUC), Brier: s.Of(judge.Brier), ECE: s.Of(judge.CalibrationError(bins))}
	net := make([]judge.Prediction, len(all))
	for i, p := range all {
		net[i] = judge.Prediction{P: p.Net, Hit: p.Clean, Weight: p.Weight, Cluster: p.Cluster}
	}
	q.Expected, q.NetECE = Expected(all), judge.NewSet(net).Of(judge.CalibrationError(bins))
	if math.IsNaN(q.AUC) { // everybody ordered
		q.AUC = 0
	}
	return q
}

// rates predict what every shop's share of orders says, and nothing else; of a
// shop with few conversations, what that of all says.
func rates(all []Prediction) []Prediction {
	type count struct{ hits, weight float64 }
	shops, every := map[string]count{}, count{}
	for _, p := range all {
		s := shops[p.Shop]
		s.weight += p.Weight
		every.weight += p.Weight
		if p.Hit {
			s.hits += p.Weight
			every.hits += p.Weight
		}
		shops[p.Shop] = s
	}
	out := slices.Clone(all)
	for i, p := range out {
		s := shops[p.Shop]
		if s.weight < leastOfRate {
			s = every
		}
		out[i].P = s.hits / s.weight
	}
	return out
}

// hurt lists those of the greatest shops whose log loss rises by more than
// what is allowed, and surely rises.
func hurt(after, before []Prediction) (faults []string) {
	type pair struct {
		after, before []Prediction
		weight        float64
	}
	shops := map[string]*pair{}
	for i, p := range after {
		s := shops[p.Shop]
		if s == nil {
			s = &pair{}
			shops[p.Shop] = s
		}
		s.after, s.before, s.weight = append(s.after, p), append(s.before, before[i]), s.weight+p.Weight
	}
	names := slices.SortedFunc(maps.Keys(shops), func(a, b string) int {
		return cmp.Or(cmp.Compare(shops[b].weight, shops[a].weight), cmp.Compare(a, b))
	})
	for _, name := range names[:min(len(names), topShops)] {
		s := shops[name]
		was := Set(s.before).Of(judge.LogLoss)
		if d := compare(s.after, s.before); d.Mean > mostWorse*was && d.Low > 0 {
			faults = append(faults, fmt.Sprintf("shop %q: log loss rises by %.1f %%, at most %.0f %% is allowed", name, 100*d.Mean/was, 100*mostWorse))
		}
	}
	return faults
}
