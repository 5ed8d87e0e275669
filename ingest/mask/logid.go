package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// LogID is what logs call a shopper: a keyed hash in 17 characters, the same
// for the same shopper under one key. A bare hash would not do, for user ids
// are often phone numbers, and those can be tried one after another.
func LogID(key []byte, shop, user string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(binary.AppendUvarint(nil, uint64(len(shop)))) // "a"+"bc" is not "ab"+"c"
	mac.Write([]byte(shop))
	mac.Write([]byte(user))
	return "u" + hex.EncodeToString(mac.Sum(nil)[:8])
}
