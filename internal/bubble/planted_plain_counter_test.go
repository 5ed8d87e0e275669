//go:build plant_plain_counter

package bubble

const planted = "plain_counter"
