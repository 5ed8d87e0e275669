package intent

import (
	"crypto/sha256"
	"encoding/binary"
)

// Whoever acts on scores (a coupon for those who hesitate, a call) and learns
// from what follows learns what the own action does. So some shoppers are left
// alone, whatever their score, and what is done or left undone is recorded as
// an exposure of this experiment, whose attribute "propensity" is the
// probability with which that was decided.
const (
	ActionExperiment = "score_action"
	ActionTaken      = "acted"
	ActionLeft       = "left_alone" // the score asked for an action, and none was taken
)

// LeftAlone reports whether a shopper is among the share for whom no action is
// taken: always the same shoppers, and no others when the share grows.
func LeftAlone(shop, user string, share float64) bool {
	h := sha256.New()
	for _, x := range []string{ActionExperiment, shop, user} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(x))))
		h.Write([]byte(x))
	}
	return float64(binary.BigEndian.Uint64(h.Sum(nil))>>11)/(1<<53) < share
}
