package pipeline

import (
	"fmt"
	"strings"
)

// Moved says which default addresses were taken by others, and where the
// instance serves instead: one line each.
func Moved(c Config, at Endpoints) []string {
	var lines []string
	for _, a := range []struct{ setting, given, fallback, served string }{
		{"ASKBUY_HTTP_ADDR", c.HTTPAddr, defaultHTTPAddr, at.HTTP},
		{"ASKBUY_ADMIN_ADDR", c.AdminAddr, defaultAdminAddr, at.Admin},
		{"ASKBUY_EMBEDDED_KAFKA_ADDR", c.EmbeddedKafkaAddr + strings.Join(c.KafkaBrokers, ","), defaultKafkaAddr, at.Kafka},
		{"ASKBUY_EMBEDDED_CLICKHOUSE_HTTP_ADDR", c.EmbeddedClickHouseHTTPAddr, defaultClickHouseHTTPAddr, at.ClickHouseHTTP},
		{"ASKBUY_EMBEDDED_CLICKHOUSE_NATIVE_ADDR", c.EmbeddedClickHouseNativeAddr, defaultClickHouseNativeAddr, at.ClickHouseNative},
	} {
		served := strings.TrimPrefix(a.served, "http://")
		if a.given == "" && served != "" && served != a.fallback {
			lines = append(lines, fmt.Sprintf("%s was taken: %s is used instead (set %s to choose)", a.fallback, served, a.setting))
		}
	}
	return lines
}
