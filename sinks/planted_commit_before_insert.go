//go:build plant_commit_before_insert

package sinks

const commitFirst = true
