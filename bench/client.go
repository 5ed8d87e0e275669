package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// client posts over one connection with as little CPU as possible, so that it
// is never the bottleneck. It understands the answers of our own doors alone.
type client struct {
	conn   net.Conn
	in     *bufio.Reader
	head   []byte // of every request, up to the length's value
	varied []byte // headers of the next request alone, each with its line's end
	buffer []byte
}

func dial(addr, path, token string) (*client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	head := "POST " + path + " HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAuthorization: Bearer " + token + "\r\nContent-Length: "
	return &client{conn: conn, in: bufio.NewReaderSize(conn, 4<<10), head: []byte(head)}, nil
}

// post sends a body and returns the answer's status.
func (c *client) post(body []byte) (status int, err error) {
	b := append(c.buffer[:0], c.head...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(append(b, "\r\n"...), c.varied...)
	b = append(append(b, "\r\n"...), body...)
	c.buffer = b
	if _, err := c.conn.Write(b); err != nil {
		return 0, err
	}
	return c.answer()
}

var contentLength = []byte("Content-Length: ")

func (c *client) answer() (status int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, fmt.Errorf("read answer: %q is no status line", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, fmt.Errorf("read answer: %w", err)
	}
	length := -1
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= len("\r\n") {
			break
		}
		if value, ok := bytes.CutPrefix(line, contentLength); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, fmt.Errorf("read answer: %w", err)
			}
		}
	}
	if length < 0 {
		return 0, errors.New("read answer: it has no Content-Length")
	}
	_, err = c.in.Discard(length)
	return status, err
}

// token is good for an hour.
func token(secret string, now time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(fmt.Appendf(nil, `{"exp":%d}`, now.Add(time.Hour).Unix()))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}
