package processors

type point struct {
	TS       int64
	Evidence float64
}

type folded struct{ BuyScore, POrder float64 }

type scored struct {
	Evidence   float64
	Intent     string
	IntentPath []string
}
