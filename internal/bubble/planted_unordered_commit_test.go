//go:build plant_unordered_commit

package bubble

const planted = "unordered_commit"
