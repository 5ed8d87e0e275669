package handoffs

import "time"

// giveUpAfter is for how long a package is posted again.
const giveUpAfter = 76 * time.Hour

// pauses are between one posting and the next; the last one stays.
var pauses = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
}

// pauseAfter is how long to wait after n postings in vain, n from 1. Dice in
// [0, 1) spread it by a tenth to either side, so that what failed together does
// not come again together.
func pauseAfter(n int64, dice float64) time.Duration {
	pause := pauses[min(max(n, 1), int64(len(pauses)))-1]
	return pause + time.Duration((dice-0.5)*0.2*float64(pause))
}
