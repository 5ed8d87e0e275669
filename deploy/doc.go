// Package deploy holds what is needed to run askbuy elsewhere than on a
// laptop. Its tests load every file as the tool that reads it would.
package deploy
