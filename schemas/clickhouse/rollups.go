package warehouse

// Rollups gives the statements that have the server keep what the dashboard
// reads of all shops at once, in the order in which they can be made. They
// come after Views. The server makes each table anew and swaps it in: a
// rollup is what its view said at one moment, which stands in it.
func Rollups(c Cluster) ([]View, error) { return list(c, "rollups", upTo) }
