package processors

import "github.com/go-json-experiment/json"

// encodeJSON and decodeJSON are the form of the states and of what the groups
// write. A member that this version does not know is left out: an older
// process may read what a newer one wrote, until it is replaced.
func encodeJSON[T any](v T) ([]byte, error) { return json.Marshal(v) }

func decodeJSON[T any](data []byte) (T, error) {
	var v T
	err := json.Unmarshal(data, &v)
	return v, err
}
