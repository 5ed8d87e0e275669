package clickhouse

import (
	"errors"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// Unavailable says that the same call may succeed later without a change of its data: the network, the
// server's state, its limits, its schema or its rights stood in the way. Retry with backoff. Of Unavailable
// and Refused exactly one holds for every error that is not nil: what did not come from the server or from the
// encoding of a row is Unavailable.
func Unavailable(err error) bool { return err != nil && !Refused(err) }

// Refused says that the server, or the encoding of a row, understood the data or the SQL and does not take it:
// trying again is in vain. Bisect a batch to find the row (a *RowError already tells which).
func Refused(err error) bool {
	if errors.As(err, new(*RowError)) {
		return true
	}
	var e *driver.Exception
	if !errors.As(err, &e) {
		return false
	}
	if e.Code == tooManyParts {
		// One code, two faults: the merges lag behind, or one block spans too many partitions.
		return strings.Contains(e.Message, "Too many partitions")
	}
	return !unavailableCodes[e.Code]
}

func exceptionCode(err error) (int32, bool) {
	var e *driver.Exception
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Code, true
}

// Denied says that the user may not do what was asked.
func Denied(err error) bool {
	code, ok := exceptionCode(err)
	return ok && code == accessDenied
}

const (
	tooManyParts = 252
	accessDenied = 497
)

// authCodes: unknown user, wrong password, required password, address not allowed, authentication failed.
var authCodes = map[int32]bool{192: true, 193: true, 194: true, 195: true, 516: true}

// unavailableCodes are the server's errors that are not the data's fault. The names are the server's own; a
// test asks it for them.
var unavailableCodes = func() map[int32]bool {
	codes := map[int32]bool{}
	for code := range unavailableNames {
		codes[code] = true
	}
	return codes
}()

var unavailableNames = map[int32]string{
	// the connection
	3: "UNEXPECTED_END_OF_FILE", 32: "ATTEMPT_TO_READ_AFTER_EOF", 40: "CHECKSUM_DOESNT_MATCH",
	101: "UNEXPECTED_PACKET_FROM_CLIENT", 102: "UNEXPECTED_PACKET_FROM_SERVER", 198: "DNS_ERROR",
	203: "NO_FREE_CONNECTION", 209: "SOCKET_TIMEOUT", 210: "NETWORK_ERROR", 279: "ALL_CONNECTION_TRIES_FAILED",
	// time and load
	159: "TIMEOUT_EXCEEDED", 160: "TOO_SLOW", 201: "QUOTA_EXCEEDED", 202: "TOO_MANY_SIMULTANEOUS_QUERIES",
	236: "ABORTED", 241: "MEMORY_LIMIT_EXCEEDED", 252: "TOO_MANY_PARTS", 373: "SESSION_IS_LOCKED",
	394: "QUERY_WAS_CANCELLED", 439: "CANNOT_SCHEDULE_TASK", 473: "DEADLOCK_AVOIDED", 692: "TOO_MANY_MUTATIONS",
	745: "SERVER_OVERLOADED",
	// the machine
	74: "CANNOT_READ_FROM_FILE_DESCRIPTOR", 75: "CANNOT_WRITE_TO_FILE_DESCRIPTOR", 76: "CANNOT_OPEN_FILE",
	77: "CANNOT_CLOSE_FILE", 87: "CANNOT_SEEK_THROUGH_FILE", 88: "CANNOT_TRUNCATE_FILE",
	107: "FILE_DOESNT_EXIST", 173: "CANNOT_ALLOCATE_MEMORY", 204: "CANNOT_FSYNC", 243: "NOT_ENOUGH_SPACE",
	425: "SYSTEM_ERROR", 499: "S3_ERROR", 521: "ATOMIC_RENAME_FAIL",
	1000: "POCO_EXCEPTION", 1001: "STD_EXCEPTION", 1002: "UNKNOWN_EXCEPTION",
	// replicas and shards
	225: "NO_ZOOKEEPER", 242: "TABLE_IS_READ_ONLY", 285: "TOO_FEW_LIVE_REPLICAS",
	286: "UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE", 289: "REPLICA_IS_NOT_IN_QUORUM", 319: "UNKNOWN_STATUS_OF_INSERT",
	369: "ALL_REPLICAS_ARE_STALE", 415: "ALL_REPLICAS_LOST", 254: "NO_ACTIVE_REPLICAS", 265: "NO_AVAILABLE_REPLICA",
	416: "REPLICA_STATUS_CHANGED", 519: "NO_REMOTE_SHARD_AVAILABLE", 733: "TABLE_IS_BEING_RESTARTED", 574: "DISTRIBUTED_TOO_MANY_PENDING_BYTES",
	722: "ASYNC_LOAD_WAIT_FAILED", 999: "KEEPER_EXCEPTION",
	// schema and rights: the data waits until somebody has migrated or granted
	16: "NO_SUCH_COLUMN_IN_TABLE", 60: "UNKNOWN_TABLE", 81: "UNKNOWN_DATABASE", 164: "READONLY",
	192: "UNKNOWN_USER", 193: "WRONG_PASSWORD", 194: "REQUIRED_PASSWORD", 195: "IP_ADDRESS_NOT_ALLOWED",
	218: "TABLE_IS_DROPPED", 497: "ACCESS_DENIED", 516: "AUTHENTICATION_FAILED",
}
