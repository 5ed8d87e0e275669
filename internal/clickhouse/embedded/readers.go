package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Reader is a user who may only read, with profile bi.
type Reader struct {
	Name   string            // letters, digits and _
	Hash   string            // Hash of the password
	Grants []string          // "GRANT SELECT ON bi.*", without a TO clause
	Rows   map[string]string // conditions by table ("database.table"): the other rows are hidden from this user
	// Queries and Seconds (of execution) bound an hour; 0 = no bound.
	Queries, Seconds int
}

// Hash is how the server knows a password.
func Hash(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

// Changeable are the settings that BI tools send with a query and that harm nobody; every other one is locked
// for readers.
var Changeable = []string{
	"cancel_http_readonly_queries_on_client_close", "date_time_output_format", "enable_http_compression",
	"extremes", "http_headers_progress_interval_ms", "http_receive_timeout", "http_send_timeout",
	"http_zlib_compression_level", "log_comment", "max_block_size", "max_result_bytes", "max_result_rows",
	"max_threads", "output_format_json_quote_64bit_integers", "output_format_json_quote_denormals",
	"result_overflow_mode", "send_progress_in_http_headers", "session_timezone",
}

var readerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// validateReaders reports every problem at once.
func validateReaders(readers []Reader) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	seen := map[string]bool{"default": true, ServiceUser: true}
	for _, r := range readers {
		if !readerName.MatchString(r.Name) {
			bad("the name of a reader must begin with a letter and have letters, digits and _ only, got %q", r.Name)
		}
		if seen[r.Name] {
			bad("the name of a reader must be no other user's, got %q", r.Name)
		}
		seen[r.Name] = true
		if len(r.Hash) != hex.EncodedLen(sha256.Size) {
			bad("the Hash of reader %s must be that of a password", r.Name)
		}
		for _, g := range r.Grants {
			if up := strings.ToUpper(g); !strings.HasPrefix(up, "GRANT ") || strings.Contains(up, " TO ") {
				bad("Grants must be GRANT statements without TO, got %q", g)
			}
		}
		for table := range r.Rows {
			if database, name, ok := strings.Cut(table, "."); !ok || !readerName.MatchString(database) || !readerName.MatchString(name) {
				bad("Rows must be by database.table, got %q", table)
			}
		}
	}
	return errors.Join(errs...)
}
