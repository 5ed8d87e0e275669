//go:build plant_default_partitioner

package bubble

const planted = "default_partitioner"
