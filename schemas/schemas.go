// Package schemas holds what other programs read about askbuy's interfaces: the JSON API of the dashboard as OpenAPI,
// the topics as AsyncAPI. Both are made from the code by the tests that hold them true.
package schemas

import _ "embed"

// OpenAPI describes /api/v1.
//
//go:embed openapi.yaml
var OpenAPI []byte

// AsyncAPI describes the topics.
//
//go:embed asyncapi.yaml
var AsyncAPI []byte
