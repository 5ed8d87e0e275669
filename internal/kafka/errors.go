package kafka

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What may become of a record that was not acknowledged. The first three say
// nothing against the record and a later attempt may succeed; the last three
// will meet the same record with the same answer.
var (
	// ErrUnknownOutcome: the caller stopped waiting; the record may be stored
	// or still be stored later. It wraps the context's error.
	ErrUnknownOutcome = errors.New("outcome of the record is unknown")
	// ErrOverloaded: too much is waiting for the broker; nothing was sent.
	ErrOverloaded = errors.New("producer holds as much as it may")
	// ErrClosed: the producer or consumer was closed.
	ErrClosed = errors.New("client is closed")

	// ErrTooLarge: the record is larger than its topic takes.
	ErrTooLarge = errors.New("record is too large")
	// ErrRefused: the broker calls the record invalid, such as one without a
	// key in a compacted topic.
	ErrRefused = errors.New("record is refused")
	// ErrUnauthorized: these credentials may not write there.
	ErrUnauthorized = errors.New("not authorized")
)

// Retriable says whether the same record may succeed later.
func Retriable(err error) bool {
	return err != nil && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrRefused) && !errors.Is(err, ErrUnauthorized)
}

// classify joins a client's error with the sentinel it belongs to.
func classify(err error) error {
	for _, class := range classes {
		for _, member := range class.members {
			if errors.Is(err, member) {
				return fmt.Errorf("%w: %w", class.sentinel, err)
			}
		}
	}
	return err
}

var classes = []struct {
	sentinel error
	members  []error
}{
	{ErrOverloaded, []error{kgo.ErrMaxBuffered}},
	{ErrClosed, []error{kgo.ErrClientClosed}},
	{ErrTooLarge, []error{kerr.MessageTooLarge, kerr.RecordListTooLarge}},
	{ErrRefused, []error{kerr.InvalidRecord, kerr.InvalidTimestamp, kerr.InvalidTopicException, kerr.UnsupportedForMessageFormat}},
	{ErrUnauthorized, []error{
		kerr.TopicAuthorizationFailed, kerr.ClusterAuthorizationFailed, kerr.GroupAuthorizationFailed,
		kerr.SaslAuthenticationFailed, kerr.UnsupportedSaslMechanism,
	}},
}
