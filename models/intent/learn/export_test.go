package learn

// Naive is the control that counts an open window as one without an order.
func Naive(c Config) Config {
	c.naive = true
	return c
}
