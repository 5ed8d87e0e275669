//go:build plant_drop_on_bloom_hit

package bubble

const planted = "drop_on_bloom_hit"
