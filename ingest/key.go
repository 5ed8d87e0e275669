package ingest

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Key is an API key of /v1 and the shops it is for.
type Key struct {
	Name     string // for its limit
	Secret   string
	Shops    []string
	AllShops bool
}

// Keys are the API keys that are good.
type Keys struct{ known []knownKey }

type knownKey struct {
	hash [sha256.Size]byte
	Key
}

// NewKeys checks the keys: each needs a secret of its own and shops, and no
// other may have the same.
func NewKeys(keys []Key) (*Keys, error) {
	var k Keys
	var problems []error
	for i, key := range keys {
		hash := sha256.Sum256([]byte(key.Secret))
		switch {
		case key.Secret == "":
			problems = append(problems, fmt.Errorf("api_keys[%d].secret: must not be empty", i))
		case slices.ContainsFunc(k.known, func(other knownKey) bool { return other.hash == hash }):
			problems = append(problems, fmt.Errorf("api_keys[%d].secret: is another key's, too", i))
		}
		if (len(key.Shops) > 0) == key.AllShops {
			problems = append(problems, fmt.Errorf("api_keys[%d].shops: list the key's shops, or say all_shops", i))
		}
		k.known = append(k.known, knownKey{hash, key})
	}
	if len(keys) == 0 {
		problems = append(problems, errors.New("api_keys: want at least one, set ASKBUY_API_KEY"))
	}
	return &k, errors.Join(problems...)
}

// find is the key that a request presents, or nil. How long it takes does not
// depend on how nearly right a wrong key is.
func (k *Keys) find(h http.Header) *Key {
	token := Bearer(h)
	if token == "" {
		return nil
	}
	hash := sha256.Sum256([]byte(token))
	var found *Key
	for i := range k.known {
		if subtle.ConstantTimeCompare(hash[:], k.known[i].hash[:]) == 1 {
			found = &k.known[i].Key
		}
	}
	return found
}

// sender is the key's name in the limits.
func (k *Key) sender() string { return "key:" + k.Name }

func (k *Key) allows(shop string) bool { return k.AllShops || slices.Contains(k.Shops, shop) }

// shop is the one that the key is for, or "" when there are several.
func (k *Key) shop() string {
	if len(k.Shops) == 1 {
		return k.Shops[0]
	}
	return ""
}

// Bearer is the token of the one Authorization header of scheme Bearer, or "".
func Bearer(h http.Header) string {
	values := h["Authorization"]
	if len(values) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}
