//go:build tools

// Package tools pins the developers' tools, apart from what the product needs.
package tools

import _ "honnef.co/go/tools/cmd/staticcheck"
