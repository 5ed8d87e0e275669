package learn

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
)

// heldParts: of so many conversations one is held out, and another one is in
// each part of the cross-fit.
const (
	heldParts  = 5
	crossParts = 4
)

// HeldOut reports whether a conversation is kept from the training, to judge
// models by: the same fifth of all conversations, whatever model is in force
// and whatever is done for the others.
func HeldOut(s Shopper, conv string) bool { return part("held out", s, conv)%heldParts == 0 }

// part is a number that a conversation keeps.
func part(use string, s Shopper, conv string) uint64 {
	h := sha256.New()
	for _, x := range []string{use, s.Shop, s.User, conv} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(x))))
		h.Write([]byte(x))
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// mostOfShop is the greatest share of all weight that one shop may have, where
// there are ten shops and more; with fewer it is twice an equal share.
const mostOfShop = .2

// weigh gives every conversation the weight of those it stands for, less where a shop would have
// more than its share.
func weigh(all []*conversation) {
	counts := map[string]float64{}
	for _, c := range all {
		counts[c.Shop] += c.stands
	}
	top := shopCap(slices.Collect(maps.Values(counts)), max(mostOfShop, 2/float64(len(counts))))
	for _, c := range all {
		c.weight = c.stands * min(1, top/counts[c.Shop])
	}
}

// shopCap is the weight x that no shop may exceed: its share of what all have
// when every one is cut to x.
func shopCap(counts []float64, share float64) float64 {
	slices.Sort(counts)
	slices.Reverse(counts)
	var rest float64 // of those that are not cut
	for _, n := range counts {
		rest += n
	}
	for cut, n := range counts {
		free := 1 - share*float64(cut)
		if free <= 0 {
			break
		}
		if x := share * rest / free; n <= x {
			return x
		}
		rest -= n
	}
	return counts[len(counts)-1]
}
