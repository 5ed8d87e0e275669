package intent

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// formatVersion is that of a bundle's files.
const formatVersion = 1

// Manifest says what a bundle's weights mean and where they come from.
type Manifest struct {
	ID         string `json:"model_id"`
	Format     int    `json:"format"`
	Featurizer int    `json:"featurizer"`

	EvidenceBits  uint8   `json:"evidence_bits"`
	EvidenceScale float64 `json:"evidence_scale"` // log-odds of a weight of 1

	TopicBits     uint8   `json:"topic_bits"`
	TopicScale    float64 `json:"topic_scale"`    // log-odds of a weight of 1
	MinConfidence float64 `json:"min_confidence"` // an intent below it is Other
	Topics        []Topic `json:"topics"`         // by lane

	Params   Params   `json:"params"`
	Training Training `json:"training"`
	Metrics  Metrics  `json:"metrics"`
}

// Topic is one class of the intent model.
type Topic struct {
	ID   string  `json:"id"` // an intent of the taxonomy
	Bias float64 `json:"bias"`
}

// Training says what a bundle was made from: the same again gives the same
// bundle.
type Training struct {
	Seed          uint64  `json:"seed"`
	Rounds        int     `json:"rounds"` // sentences a topic
	Conversations int     `json:"conversations"`
	Grammar       string  `json:"grammar"` // sha256 of the sentences
	BaseRate      float64 `json:"base_rate"`

	Facts *LearnedFrom `json:"facts,omitzero"` // nil: learned from the grammar alone
}

// LearnedFrom is what a shop's own facts gave to a bundle.
type LearnedFrom struct {
	Base          string `json:"base_model_id"` // of the bundle that it started from
	Until         int64  `json:"until_ms"`      // the latest event time among the facts
	Digest        string `json:"digest"`        // sha256 of the examples
	Conversations int    `json:"conversations"` // to learn from; those held out not counted
	Open          int    `json:"open"`          // of them, those whose outcome was not known yet
	Messages      int    `json:"messages"`
	HeldOut       int    `json:"held_out"` // conversations
	Shops         int    `json:"shops"`
	Orders        int    `json:"orders"` // conversations with an order that was kept by then

	Share float64 `json:"share,omitzero"` // of all shoppers, those whose facts were read; 0: all
}

// Metrics were measured on sentences of templates that training did not see,
// in conversations of the simulator: they say nothing of real traffic.
type Metrics struct {
	AUC           float64 `json:"auc"`            // of p_order, over all prefixes
	OracleAUC     float64 `json:"oracle_auc"`     // the best possible from the sequence of topics
	Brier         float64 `json:"brier"`          // of p_order
	ECE           float64 `json:"ece"`            // of p_order, 15 bins of equal mass
	TopicAccuracy float64 `json:"topic_accuracy"` // of single messages
	Conversations int     `json:"conversations"`

	Reference *Reference `json:"reference,omitzero"` // nil: drift cannot be told
}

// Reference is what scores looked like when the bundle was made: drift is
// told against it.
type Reference struct {
	Deciles []float64 `json:"deciles"` // nine bounds of p_order, by message
	Novelty float64   `json:"novelty"` // share of features without a weight
}

// NewManifest is one for bundles of this program's format and features.
func NewManifest() Manifest { return Manifest{Format: formatVersion, Featurizer: featurizerVersion} }

// Validate reports every problem at once.
func (m *Manifest) Validate() error {
	var problems []error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	must(m.Format == formatVersion, "format: %d, this program reads %d", m.Format, formatVersion)
	must(m.Featurizer == featurizerVersion, "featurizer: %d, this program has %d: train the model anew", m.Featurizer, featurizerVersion)
	must(m.EvidenceBits >= MinBits && m.EvidenceBits <= MaxEvidenceBits, "evidence_bits: %d, must be %d to %d", m.EvidenceBits, MinBits, MaxEvidenceBits)
	must(m.TopicBits >= MinBits && m.TopicBits <= MaxTopicBits, "topic_bits: %d, must be %d to %d", m.TopicBits, MinBits, MaxTopicBits)
	must(m.EvidenceScale > 0 && m.EvidenceScale < 1, "evidence_scale: must be above 0 and below 1")
	must(m.TopicScale > 0 && m.TopicScale < 1, "topic_scale: must be above 0 and below 1")
	must(m.MinConfidence >= 0 && m.MinConfidence <= 1, "min_confidence: must be 0 to 1")
	must(len(m.Topics) > 0 && len(m.Topics) <= Lanes, "topics: %d, must be 1 to %d", len(m.Topics), Lanes)
	seen := map[string]bool{}
	for _, t := range m.Topics {
		_, known := taxonomy().byID[t.ID]
		must(known && !seen[t.ID], "topics: %q is no intent of the taxonomy, or comes twice", t.ID)
		must(math.Abs(t.Bias) < 100, "topics: %s: bias must be within 100", t.ID)
		seen[t.ID] = true
	}
	return errors.Join(append(problems, m.Params.Validate())...)
}

// Validate reports every problem at once.
func (p *Params) Validate() error {
	var problems []error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	must(p.Gamma >= 0 && p.Gamma < 1, "gamma: must be at least 0 and below 1")
	must(p.HalfLifeMs >= 1 && p.HalfLifeMs < 1e12, "half_life_ms: must be at least 1 and below 1e12")
	must(p.SessionGapMs == SessionGap.Milliseconds(), "session_gap_ms: must be %d", SessionGap.Milliseconds())
	must(p.HeadA > 0 && p.HeadA < 10, "head_a: must be above 0 and below 10")
	must(math.Abs(p.HeadB) < 50, "head_b: must be within 50")
	must(math.Abs(p.RefLogit) < 50, "ref_logit: must be within 50")
	must(p.CalA > 0 && p.CalA < 10, "cal_a: must be above 0 and below 10")
	must(p.CalB > 0 && p.CalB < 10, "cal_b: must be above 0 and below 10")
	must(math.Abs(p.CalC) < 50, "cal_c: must be within 50")
	must(math.Abs(p.LossB) < 50, "loss_b: must be within 50")
	for field, weights := range map[string]map[string]float64{"signals": p.Signals, "loss": p.Loss} {
		for name, w := range weights {
			must(slices.Contains(signalNames[:], name), "%s: %q is no signal; the signals are %s", field, name, strings.Join(signalNames[:], ", "))
			must(math.Abs(w) < 50, "%s: %s: must be within 50", field, name)
		}
	}
	for shop, offset := range p.Shops {
		must(math.Abs(offset) < 50, "shops: %q: must be within 50", shop)
	}
	return errors.Join(problems...)
}
