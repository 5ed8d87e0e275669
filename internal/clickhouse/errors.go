package clickhouse

import (
	"context"
	"errors"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// rowError is the client's own refusal of a row that it cannot encode.
type rowError struct{ err error }

func (e *rowError) Error() string { return e.err.Error() }
func (e *rowError) Unwrap() error { return e.err }

// refusals are the codes by which a server says that these rows, and not the
// time or the place, are wrong.
var refusals = map[int32]string{
	6:   "CANNOT_PARSE_TEXT",
	26:  "CANNOT_PARSE_QUOTED_STRING",
	27:  "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
	38:  "CANNOT_PARSE_DATE",
	41:  "CANNOT_PARSE_DATETIME",
	43:  "ILLEGAL_TYPE_OF_ARGUMENT",
	53:  "TYPE_MISMATCH",
	69:  "ARGUMENT_OUT_OF_BOUND",
	70:  "CANNOT_CONVERT_TYPE",
	72:  "CANNOT_PARSE_NUMBER",
	117: "INCORRECT_DATA",
	131: "TOO_LARGE_STRING_SIZE",
	190: "SIZES_OF_ARRAYS_DONT_MATCH",
	321: "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
	349: "CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN",
	407: "DECIMAL_OVERFLOW",
	469: "VIOLATED_CONSTRAINT",
	691: "UNKNOWN_ELEMENT_OF_ENUM",
}

// Refused reports whether the rows themselves were refused: the same rows will
// meet the same answer, so the bad one has to be found and set aside.
func Refused(err error) bool {
	var row *rowError
	if errors.As(err, &row) {
		return true
	}
	var exception *clickhouse.Exception
	if errors.As(err, &exception) {
		_, refused := refusals[exception.Code]
		return refused
	}
	return false
}

// Unavailable reports whether the same statement may succeed later: whatever
// is not a refusal of the rows is waited out, for losing none is worth a stop
// that an operator sees.
func Unavailable(err error) bool {
	return err != nil && !Refused(err) && !errors.Is(err, context.Canceled)
}
