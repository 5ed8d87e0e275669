package ingest

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// syntax says where bytes stop being one JSON value. It never repeats them:
// the names of members may be somebody's data.
func syntax(err error) string {
	var at *jsontext.SyntacticError
	if !errors.As(err, &at) {
		return "want an object"
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return fmt.Sprintf("a name is repeated at byte %d", at.ByteOffset)
	}
	return fmt.Sprintf("no valid JSON at byte %d", at.ByteOffset)
}
