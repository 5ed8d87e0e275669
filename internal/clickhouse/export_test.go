package clickhouse

// UnavailableNames is the table of errors, for the test that asks the server.
var UnavailableNames = unavailableNames
