package ingest

import "net/http"

// Shops tells for which shops the key of a request speaks; nil when it
// presents none that is good. Other routes of /v1 ask it.
func (k *Keys) Shops(h http.Header) (speaksFor func(shop string) bool) {
	key := k.find(h)
	if key == nil {
		return nil
	}
	return key.allows
}
