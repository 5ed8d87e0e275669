//go:build plant_drop_on_bloom_hit

package ingest

const dropMaybe = true
