//go:build unix && !noembed

package embedded

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"sync/atomic"
)

func checkSHA512(file, want string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("the registry's file has sha512 %s, not the pinned %s: it was altered on the way or at the registry; "+
			"point npm to another registry and run `make engine` again", got, want)
	}
	return nil
}

// unpack writes the library out of the packed file and syncs it, so that a rename makes it whole or absent.
func (f *fetcher) unpack(ctx context.Context, packed, to string) error {
	in, err := os.Open(packed)
	if err != nil {
		return err
	}
	defer in.Close()
	zr, err := gzip.NewReader(bufio.NewReaderSize(in, 1<<20))
	if err != nil {
		return fmt.Errorf("unpack engine: %w", err)
	}
	tr := tar.NewReader(zr)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the engine's package holds no %s", libraryFile)
		}
		if err != nil {
			return fmt.Errorf("unpack engine: %w", err)
		}
		if path.Base(h.Name) == libraryFile && h.Typeflag == tar.TypeReg {
			return f.writeLibrary(ctx, tr, h.Size, to)
		}
	}
}

func (f *fetcher) writeLibrary(ctx context.Context, from io.Reader, size int64, to string) (err error) {
	if size != f.librarySize {
		return fmt.Errorf("%s has %d bytes, want %d", libraryFile, size, f.librarySize)
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	var written atomic.Int64
	m := startMeter(f.progress, "unpack ClickHouse engine", size, f.every, written.Load)
	defer m.stop()
	if _, err := io.CopyBuffer(countingWriter{ctx, out, &written}, from, make([]byte, 1<<20)); err != nil {
		return fmt.Errorf("unpack engine: %w", err)
	}
	return out.Sync()
}

// countingWriter counts for the meter and ends a copy whose context is done.
type countingWriter struct {
	ctx context.Context
	io.Writer
	n *atomic.Int64
}

func (w countingWriter) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.Writer.Write(b)
	w.n.Add(int64(n))
	return n, err
}
