package ingest

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// split takes a body of /v1/events apart: one event, an array of events, or
// NDJSON, one event a line, blank lines left out. NDJSON is what says so, and
// what looks so: several lines of which the body as a whole is no JSON, but at
// least one is an object. The parts are slices of raw.
func split(raw []byte, ndjson bool, limit int) ([][]byte, *refusal) {
	if ndjson {
		return splitLines(raw, limit)
	}
	trimmed := bytes.TrimLeft(raw, " \t\r\n")
	if len(trimmed) > 0 && trimmed[0] == '[' {
		return splitArray(raw, limit)
	}
	if jsontext.Value(raw).IsValid() {
		return [][]byte{raw}, nil
	}
	lines, refused := splitLines(raw, limit)
	if refused != nil {
		return nil, refused
	}
	for _, line := range lines {
		if len(lines) > 1 && line[0] == '{' && jsontext.Value(line).IsValid() {
			return lines, nil
		}
	}
	return nil, notJSON
}

func splitArray(raw []byte, limit int) ([][]byte, *refusal) {
	s := scan(raw)
	defer s.release()
	if _, err := s.ReadToken(); err != nil {
		return nil, notJSON
	}
	var parts [][]byte
	for s.PeekKind() != ']' {
		part, err := s.value(raw)
		if err != nil {
			return nil, notJSON
		}
		if parts = append(parts, part); len(parts) > limit {
			return nil, tooMany
		}
	}
	if _, err := s.ReadToken(); err != nil {
		return nil, notJSON
	}
	if err := s.end(); err != nil {
		return nil, notJSON
	}
	return parts, nil
}

func splitLines(raw []byte, limit int) ([][]byte, *refusal) {
	var parts [][]byte
	for line := range bytes.Lines(raw) {
		if line = bytes.Trim(line, " \t\r\n"); len(line) == 0 {
			continue
		}
		if parts = append(parts, line); len(parts) > limit {
			return nil, tooMany
		}
	}
	return parts, nil
}
