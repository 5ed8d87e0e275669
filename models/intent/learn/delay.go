package learn

import (
	"cmp"
	"slices"
)

// life is how long something took to happen, or how long it has not.
type life struct {
	time     int64 // ms
	happened bool
}

// survival is the Kaplan-Meier estimate of the share to which something has
// not happened yet: a staircase that falls at times. Kaplan & Meier 1958.
type survival struct {
	at    []int64
	still []float64
}

// newSurvival looks no further than the horizon: what is later has not
// happened.
func newSurvival(lives []life, horizon int64) (s survival) {
	lives = slices.Clone(lives)
	for i, l := range lives {
		if l.time > horizon {
			lives[i] = life{horizon, false}
		}
	}
	slices.SortFunc(lives, func(a, b life) int { return cmp.Compare(a.time, b.time) })
	still := 1.
	for i := 0; i < len(lives); {
		j, happened := i, 0
		for ; j < len(lives) && lives[j].time == lives[i].time; j++ {
			if lives[j].happened {
				happened++
			}
		}
		if happened > 0 {
			still *= 1 - float64(happened)/float64(len(lives)-i)
			s.at, s.still = append(s.at, lives[i].time), append(s.still, still)
		}
		i = j
	}
	return s
}

// beyond is the share to which it has not happened by a time.
func (s survival) beyond(time int64) float64 {
	n, _ := slices.BinarySearch(s.at, time+1)
	if n == 0 {
		return 1
	}
	return s.still[n-1]
}

// end is the share to which it never happens.
func (s survival) end() float64 {
	if len(s.still) == 0 {
		return 1
	}
	return s.still[len(s.still)-1]
}

// told is the share of all that will ever happen that has happened by a time.
func (s survival) told(time int64) float64 {
	if s.end() == 1 {
		return 1
	}
	return (1 - s.beyond(time)) / (1 - s.end())
}

// stays is the chance that what has not happened by a time never will.
func (s survival) stays(time int64) float64 {
	if still := s.beyond(time); still > 0 {
		return s.end() / still
	}
	return 0
}

// soft is the label of one whose outcome is not known: the model says p, and
// of the orders that come a share told would be there by now.
func soft(p, told float64) float64 { return p * (1 - told) / (1 - p*told) }
