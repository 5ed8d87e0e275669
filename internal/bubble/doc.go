// Package bubble plays the pipeline in one synctest bubble: the real door with
// its spool, the real processors on Goka, the real sink, a broker of three
// nodes on a network in memory, a warehouse that fails, senders that retry,
// and a nemesis. A seed decides the plan: what is sent when and how often, and
// what goes wrong when. When nothing is left to do, the facts, the receipts
// and the derived rows are compared with what was sent.
//
// A seed names a plan, not a run: goroutines of the clients race as they do
// anywhere, so the same seed may end a record's way in another place. What
// must be true is true of every run, and a seed that was red once is red
// again within a few tries. The package has tests alone.
package bubble
