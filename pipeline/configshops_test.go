package pipeline

import (
	"strings"
	"testing"
)

// A key or a user whose shops were forgotten does not see all of them.
func TestShopsOfKeysAndUsers(t *testing.T) {
	const hash = "$2a$04$3Yp4mFyJ1ZD5wcFjsLXcxOeJgSYzD7xYh1lJw9pQyVb3Vv8cE1Z6a"
	for name, c := range map[string]struct {
		shops []string
		all   bool
		wrong string
	}{
		"some":     {[]string{"s1", "s2"}, false, ""},
		"all":      {nil, true, ""},
		"none":     {nil, false, "shops: none"},
		"an empty": {[]string{}, false, "shops: none"},
		"no name":  {[]string{"s1", ""}, false, "empty name"},
		"both":     {[]string{"s1"}, true, "all_shops: beside shops"},
	} {
		t.Run(name, func(t *testing.T) {
			config := DefaultConfig()
			config.APIKeys = []APIKey{{Name: "erp", Key: strings.Repeat("k", 32), Shops: c.shops, AllShops: c.all}}
			config.Users = []User{{Name: "lin", Role: "viewer", PasswordHash: hash, Shops: c.shops, AllShops: c.all}}
			err := config.Validate()
			switch {
			case c.wrong == "" && err != nil:
				t.Error(err)
			case c.wrong != "" && (err == nil || strings.Count(err.Error(), c.wrong) != 2):
				t.Errorf("%v, want twice %q", err, c.wrong)
			}
		})
	}
}
