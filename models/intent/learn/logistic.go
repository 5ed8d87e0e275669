package learn

import "math"

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

func round4(x float64) float64 { return math.RoundToEven(x*1e4) / 1e4 }
