package processors

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/lovoo/goka"

	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// maxLetterBytes is how much of a record a letter repeats; the rest is to be
// read where the letter says.
const maxLetterBytes = 256 << 10

// bury sets the record at hand aside, with the error that made it so or, for
// a value that its codec could not read, that of the codec.
func (p *Processors) bury(ctx goka.Context, record any, err error) {
	var raw []byte
	switch v := record.(type) {
	case *kafka.Poison:
		raw, err = v.Raw, v.Err
	case []byte:
		raw = v
	default:
		// An entry of our own making that could be read, and could not be used.
		raw, _ = encodeJSON(v)
	}
	letter := newLetter(p.config.Key, raw, err)
	letter.Source = strings.ToValidUTF8(string(ctx.Headers()[event.HeaderSource]), "?")
	letter.ReceivedAt = ctx.Timestamp().UnixMilli()
	letter.Topic, letter.Partition, letter.Offset = p.topic(ctx), ctx.Partition(), ctx.Offset()
	p.noteLetter(letter, err)
	ctx.Emit(p.stream(event.TopicDeadLetters), letterKey(letter), letter, schemaHeader)
}

// noteLetter counts a letter. A panic is ours to mend: its stack, which is no
// detail for shops, goes to the operator.
func (p *Processors) noteLetter(l *event.DeadLetter, err error) {
	p.metrics.setAside(l.Reason)
	var mistake *panicked
	if errors.As(err, &mistake) {
		p.deps.Log.Error("processing panicked, the record is set aside; please report this",
			"topic", l.Topic, "partition", l.Partition, "offset", l.Offset, "panic", fmt.Sprint(mistake.value), "stack", string(mistake.stack))
	}
}

// newLetter is a dead letter about bytes that cannot be processed. The sinks
// name a letter about the same record equally, so that both are one.
func newLetter(key, raw []byte, err error) *event.DeadLetter {
	name := event.NewFingerprinter(key).Sum(append([]byte(string(event.ReasonUndecodable)+"\x00"), raw...))
	letter := &event.DeadLetter{
		ID: hex.EncodeToString(name[:16]), Stage: event.StageProcess, Reason: event.ReasonUndecodable,
		Detail: strings.ToValidUTF8(err.Error(), "?"), Bytes: raw,
	}
	if len(raw) > maxLetterBytes {
		letter.Bytes = nil
		letter.Detail += " (too large to repeat: read the record itself)"
	}
	return letter
}

func letterKey(l *event.DeadLetter) string { return l.Topic + ":" + strconv.Itoa(int(l.Partition)) }
