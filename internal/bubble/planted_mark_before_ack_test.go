//go:build plant_mark_before_ack

package bubble

const planted = "mark_before_ack"
