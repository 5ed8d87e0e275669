package spool

import (
	"bytes"
	"errors"
	"io"
)

// cursor reads frames from a stretch of a file.
type cursor struct {
	file io.ReaderAt
	off  int64 // of the next frame
	end  int64

	window []byte // bytes of the file from base on
	base   int64
}

// readAhead is how much of a file is read at once.
const readAhead = 1 << 20

// errDamaged: bytes that are no frame were passed over.
var errDamaged = errors.New("bytes on disk are no frame")

// next is the payload of the next frame, valid until the call after. It is
// io.EOF at the end, and errDamaged once for each stretch of damage: off is
// then the next whole frame behind it, or the end.
func (c *cursor) next() ([]byte, error) {
	if c.off >= c.end {
		return nil, io.EOF
	}
	payload, err := c.frameAt(c.off)
	if err == nil {
		c.off += headerSize + int64(len(payload))
		return payload, nil
	}
	if !errors.Is(err, errDamaged) {
		return nil, err
	}
	return nil, c.resync()
}

// frameAt is the payload of the frame that begins at off.
func (c *cursor) frameAt(off int64) ([]byte, error) {
	head, err := c.peek(off, headerSize)
	if err != nil {
		return nil, err
	}
	length, ok := parseHeader(head)
	if !ok {
		return nil, errDamaged
	}
	frame, err := c.peek(off, headerSize+length)
	if err != nil {
		return nil, err
	}
	if !intact(frame) {
		return nil, errDamaged
	}
	return frame[headerSize:], nil
}

// resync moves to the next whole frame.
func (c *cursor) resync() error {
	for off := c.off + 1; c.end-off >= headerSize; {
		if _, err := c.peek(off, headerSize); err != nil {
			return err
		}
		window := c.window[off-c.base:]
		found := bytes.Index(window, magic)
		if found < 0 {
			off += int64(len(window) - len(magic) + 1) // the magic may straddle two windows
			continue
		}
		off += int64(found)
		_, err := c.frameAt(off)
		if err == nil {
			c.off = off
			return errDamaged
		}
		if !errors.Is(err, errDamaged) {
			return err
		}
		off++
	}
	c.off = c.end
	return errDamaged
}

// peek is the n bytes from off on; errDamaged when the stretch ends before.
func (c *cursor) peek(off int64, n int) ([]byte, error) {
	if off+int64(n) > c.end {
		return nil, errDamaged
	}
	if off < c.base || off+int64(n) > c.base+int64(len(c.window)) {
		size := min(max(int64(n), readAhead), c.end-off)
		if int64(cap(c.window)) < size {
			c.window = make([]byte, size)
		}
		c.window, c.base = c.window[:size], off
		if _, err := c.file.ReadAt(c.window, off); err != nil {
			c.window = c.window[:0]
			return nil, err
		}
	}
	return c.window[off-c.base:][:n], nil
}
