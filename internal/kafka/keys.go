package kafka

import "regexp"

// named is where Goka's texts name a record's key: a shopper, or an order. A
// key may hold anything, so all up to the last place where it may end goes.
var named = regexp.MustCompile(`(?s)\bkey (?:'.*'|\(.*\)|.*(?: from |: ))`)

const unnamed = "a key "

// HideKeys takes the keys of records out of the text of a Goka processor's
// error: logs do not name shoppers. What the error is stays.
func HideKeys(err error) error {
	if err == nil || !named.MatchString(err.Error()) {
		return err
	}
	return &keyless{err}
}

type keyless struct{ err error }

func (k *keyless) Error() string { return hideKeys(k.err.Error()) }
func (k *keyless) Unwrap() error { return k.err }

func hideKeys(text string) string { return named.ReplaceAllString(text, unnamed) }
