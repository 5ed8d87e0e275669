package questions

import (
	"fmt"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

// z is the quantile of the standard normal distribution at 97.5 %.
const z = "1.959963984540054"

// rate gives three columns: hits / n, and the ends of its 95 % interval by Wilson's score (1927), which is exact at
// none and at all. NULL where there is nothing to measure.
func rate(hits, n, name string) string {
	middle := fmt.Sprintf("(divideOrNull(%s, %s) + pow(%s, 2) / (2 * %s))", hits, n, z, n)
	spread := fmt.Sprintf("%s * sqrt(divideOrNull(%s, %s) * (1 - divideOrNull(%s, %s)) / %s + pow(%s, 2) / (4 * pow(%s, 2)))", z, hits, n, hits, n, n, z, n)
	below := fmt.Sprintf("(1 + divideOrNull(pow(%s, 2), %s))", z, n)
	return fmt.Sprintf(`divideOrNull(%[1]s, %[2]s) AS %[3]s,
    if(%[1]s = 0 AND %[2]s > 0, 0., (%[4]s - %[5]s) / %[6]s) AS %[3]s_low,
    if(%[1]s = %[2]s AND %[2]s > 0, 1., (%[4]s + %[5]s) / %[6]s) AS %[3]s_high`, hits, n, name, middle, spread, below)
}

// rateColumns describe what rate gives.
func rateColumns(name, about string) []Column {
	return []Column{
		{Name: name, Unit: Share, About: about},
		{Name: name + "_low", Unit: Share, About: "lower end of its 95 % interval (Wilson)"},
		{Name: name + "_high", Unit: Share, About: "upper end of its 95 % interval (Wilson)"},
	}
}

// number is a checked whole number.
func number(s string) int {
	n, _ := strconv.Atoi(s) // checked when it was parsed
	return n
}
