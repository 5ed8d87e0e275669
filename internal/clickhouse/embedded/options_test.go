package embedded

import (
	"strings"
	"testing"
)

func TestOptionsValidateReportsEverything(t *testing.T) {
	f := func(o Options, want ...string) {
		t.Helper()
		err := o.WithDefaults().Validate()
		if err == nil && len(want) > 0 {
			t.Errorf("%+v is valid, want %q", o, want)
		}
		if err != nil && len(want) == 0 {
			t.Errorf("%+v: %v", o, err)
		}
		for _, w := range want {
			if err != nil && !strings.Contains(err.Error(), w) {
				t.Errorf("error %q lacks %q", err, w)
			}
		}
	}
	f(Options{Dir: "d", ServicePassword: "p"})
	f(Options{}, "Dir", "ServicePassword")
	f(Options{MaxMemory: -1, HTTPAddr: "x", Readers: []Reader{{Name: "a b", Grants: []string{"DROP"}, Rows: map[string]string{"t": "1"}}}}, "Dir", "MaxMemory", "HTTPAddr", "name of a reader", "Hash", "Grants", "database.table")
	f(Options{Dir: "d", ServicePassword: "p", NativeAddr: "x"}, "NativeAddr")
	f(Options{Dir: "d", ServicePassword: "p", HTTPAddr: "0.0.0.0:0", NativeAddr: "127.0.0.1:0"}, "one host")
	f(Options{Dir: "d", ServicePassword: "p", Readers: []Reader{{Name: "bi", Hash: Hash("p"), Grants: []string{"GRANT SELECT ON bi.* TO bi"}}, {Name: "bi", Hash: Hash("p")}}}, "without TO", "no other user's")
}

func TestDSNEscapesThePassword(t *testing.T) {
	if got, want := dsn("127.0.0.1:9000", "a/b@c:d"), "clickhouse://askbuy:a%2Fb%40c%3Ad@127.0.0.1:9000/default"; got != want {
		t.Errorf("dsn = %s, want %s", got, want)
	}
}
