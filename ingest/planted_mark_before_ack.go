//go:build plant_mark_before_ack

package ingest

const markFirst = true
