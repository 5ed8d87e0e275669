package sender

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// parse reads a body as a whole: trailing bytes, repeated names and invalid
// UTF-8 make it no JSON. What is JSON but not of the sender's shape is
// malformed.
func parse(body []byte, into any) *ingest.Fault {
	if !jsontext.Value(body).IsValid() {
		return &ingest.Fault{Reason: event.ReasonMalformed, Detail: "body: not JSON", NotJSON: true}
	}
	if err := json.Unmarshal(body, into); err != nil {
		where := ""
		if s := (*json.SemanticError)(nil); errors.As(err, &s) {
			where = string(s.JSONPointer)
		}
		return &ingest.Fault{Reason: event.ReasonMalformed, Detail: "body" + where + ": not what this kind of sender sends"}
	}
	return nil
}

// idText is an id's text, a string or a whole number as it is written; "" when
// it is neither.
func idText(v jsontext.Value) string {
	if v.Kind() == '0' {
		return string(v)
	}
	return ingest.TextOf(v)
}

// member is an object's member; nil when there is none.
func member(object jsontext.Value, name string) jsontext.Value {
	if object.Kind() != '{' {
		return nil
	}
	var members map[string]jsontext.Value
	if json.Unmarshal(object, &members) != nil {
		return nil
	}
	return members[name]
}
