//go:build plant_unordered_commit

package kafka

const unordered = true
