//go:build !plant_mark_before_ack && !plant_drop_on_bloom_hit && !plant_commit_before_insert && !plant_plain_counter && !plant_unordered_commit && !plant_default_partitioner

package bubble

// planted names the mistake that this build has; "" is none.
const planted = ""
