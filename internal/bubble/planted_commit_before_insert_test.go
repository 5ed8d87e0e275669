//go:build plant_commit_before_insert

package bubble

const planted = "commit_before_insert"
