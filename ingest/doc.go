// Package ingest is the door: it accepts events over HTTP, reads them
// strictly, recognises repetitions, publishes them, and answers once they are
// durable. What it cannot accept it sets aside with the reason and the
// original bytes; nothing is dropped.
package ingest
