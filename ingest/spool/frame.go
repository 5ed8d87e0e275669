package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// A frame on disk, numbers little-endian:
//
//	magic   4 bytes  begins every frame, so that reading can go on after damage
//	length  4 bytes  of the payload
//	crc     4 bytes  CRC-32C of length and payload
//	payload          format version, then the record (see appendPayload)
const (
	headerSize = 12
	maxPayload = 32 << 20 // more than any broker takes
	payloadV1  = 1
)

var (
	magic      = []byte{0xa5, 'S', 'P', 0x01}
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errShape = errors.New("frame's payload is no record of this version: read it with the askbuy that wrote it")
)

// appendFrame adds a record's frame to b.
func appendFrame(b []byte, r *ingest.Record) []byte {
	start := len(b)
	return complete(appendPayload(appendHeader(b), r), start)
}

// appendHeader leaves room for length and crc.
func appendHeader(b []byte) []byte {
	return append(append(b, magic...), 0, 0, 0, 0, 0, 0, 0, 0)
}

// complete fills in the header of the frame that begins at start and ends b.
func complete(b []byte, start int) []byte {
	length := b[start+4 : start+8]
	binary.LittleEndian.PutUint32(length, uint32(len(b)-start-headerSize))
	binary.LittleEndian.PutUint32(b[start+8:], checksum(length, b[start+headerSize:]))
	return b
}

func checksum(length, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(length, castagnoli), castagnoli, payload)
}

// parseHeader is the length that a frame's header claims; the frame may still
// be damaged.
func parseHeader(h []byte) (length int, ok bool) {
	n := binary.LittleEndian.Uint32(h[4:])
	return int(n), bytes.Equal(h[:4], magic) && n > 0 && n <= maxPayload
}

// intact reports whether a frame that has its claimed length is what was
// written.
func intact(frame []byte) bool {
	return checksum(frame[4:8], frame[headerSize:]) == binary.LittleEndian.Uint32(frame[8:])
}

// appendPayload writes version, arrival in ns, topic, key, value, and the
// number of headers with their names and values; each string with its length
// before it.
func appendPayload(b []byte, r *ingest.Record) []byte {
	b = append(b, payloadV1)
	b = binary.AppendVarint(b, r.Time.UnixNano())
	b = appendBytes(b, []byte(r.Topic))
	b = appendBytes(b, r.Key)
	b = appendBytes(b, r.Value)
	b = binary.AppendUvarint(b, uint64(len(r.Headers)))
	for _, h := range r.Headers {
		b = appendBytes(b, []byte(h.Key))
		b = appendBytes(b, h.Value)
	}
	return b
}

func appendBytes(b, s []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// parsePayload reads a record; its slices are parts of b.
func parsePayload(b []byte) (ingest.Record, error) {
	if len(b) == 0 || b[0] != payloadV1 {
		return ingest.Record{}, errShape
	}
	p := parser{rest: b[1:]}
	r := ingest.Record{Time: time.Unix(0, p.varint())}
	r.Topic, r.Key, r.Value = string(p.bytes()), p.bytes(), p.bytes()
	n := p.uvarint()
	if n > uint64(len(p.rest)) { // each header takes two bytes or more
		return ingest.Record{}, errShape
	}
	r.Headers = make([]event.Header, n)
	for i := range r.Headers {
		r.Headers[i] = event.Header{Key: string(p.bytes()), Value: p.bytes()}
	}
	if p.failed || len(p.rest) > 0 {
		return ingest.Record{}, fmt.Errorf("parse record: %w", errShape)
	}
	return r, nil
}

// parser takes values off the front of rest; once one is missing, it failed.
type parser struct {
	rest   []byte
	failed bool
}

func (p *parser) skip(n int) {
	if n <= 0 {
		p.failed, p.rest = true, nil
		return
	}
	p.rest = p.rest[n:]
}

func (p *parser) uvarint() uint64 {
	v, n := binary.Uvarint(p.rest)
	p.skip(n)
	return v
}

func (p *parser) varint() int64 {
	v, n := binary.Varint(p.rest)
	p.skip(n)
	return v
}

func (p *parser) bytes() []byte {
	n := p.uvarint()
	if n > uint64(len(p.rest)) {
		p.failed, p.rest = true, nil
		return nil
	}
	s := p.rest[:n:n]
	p.rest = p.rest[n:]
	return s
}
