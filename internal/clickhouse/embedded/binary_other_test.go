//go:build unix && !(linux && amd64) && !noembed

package embedded

// actAsClickHouse has no library to play an installed server with.
func actAsClickHouse() {}
