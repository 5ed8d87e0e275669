package kafka

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The texts are Goka's; the keys try to be more than keys.
func TestHideKeys(t *testing.T) {
	cause := errors.New("leveldb is closed")
	for _, key := range []string{"4:1024u_13800138000", "4:1024u from b: 138", "4:1024'u'\n138: x", "4:1024)u(138"} {
		for _, format := range []string{
			"error decoding message for key %s from askbuy.in/3: %w", "error processing message for key %s from askbuy.in/3: %w",
			"error encoding message for key %s: %w", "error getting key %s of table t: %w", "error decoding value key %s of table t: %w",
			"error deleting key (%s) from storage: %w", "could not commit message with key '%s': %w",
			"2 errors occurred:\n\t* could not commit message with key '%s': %w\n",
		} {
			err := HideKeys(fmt.Errorf(format, key, cause))
			if strings.Contains(err.Error(), "1024") || strings.Contains(err.Error(), "138") {
				t.Errorf("%q names its key", err)
			}
			if !strings.Contains(err.Error(), "leveldb is closed") || !errors.Is(err, cause) {
				t.Errorf("%q does not say why", err)
			}
		}
	}
	for _, plain := range []error{nil, cause, fmt.Errorf("key of %d bytes", 4)} {
		if got := HideKeys(plain); got != plain {
			t.Errorf("%v became %v", plain, got)
		}
	}
}
