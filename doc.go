// Package askbuy is the root of the module. It holds the tests that look at
// the whole tree; the program is in cmd/askbuy, and pipeline is where to begin
// reading.
package askbuy
