package pipeline

import (
	"strings"
	"testing"
)

func TestRedactDSN(t *testing.T) {
	for _, dsn := range []string{"clickhouse://u:secret@h:9000/db", "clickhouse://h:9000/db?username=u&password=secret", "clickhouse://h:9000/%zz?password=secret"} {
		if shown := RedactDSN(dsn); strings.Contains(shown, "secret") {
			t.Errorf("%s is shown as %s", dsn, shown)
		}
	}
}
