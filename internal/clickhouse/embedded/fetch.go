//go:build unix && !noembed

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"askbuy/internal/wait"
)

// The package that carries the library, pinned: its latest tag points to a version that cannot listen.
const (
	npmPackage  = "@chdb/lib-linux-x64-gnu@" + Version
	tarSHA512   = "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw=="
	tarSize     = 177_817_999
	libraryFile = "libchdb.so"
	librarySize = 566_330_096
)

// fetcher brings one library into one directory; its fields are the world it works in.
type fetcher struct {
	dir         string
	sha512      string // base64, of the packed file
	tarSize     int64  // bytes, for the progress only
	librarySize int64  // bytes
	pack        func(ctx context.Context, into string) error
	progress    io.Writer
	every       time.Duration // between two progress reports
}

// Fetch puts the pinned engine into the user's cache, unless it is there, and returns the library's path. It
// goes through `npm pack`, so npm's registry settings hold; the file is checked against a pinned sha512. Two
// processes do not fetch at once. progress gets one line that is rewritten on a terminal, else plain lines.
func Fetch(ctx context.Context, progress io.Writer) (string, error) {
	if !hasLibrary {
		return "", fmt.Errorf("fetch engine: none is published for %s/%s: install ClickHouse so that `clickhouse` is on PATH, "+
			"or set --clickhouse-dsn (ASKBUY_CLICKHOUSE_DSN)", runtime.GOOS, runtime.GOARCH)
	}
	path, err := libraryPath()
	if err != nil {
		return "", fmt.Errorf("fetch engine: %w", err)
	}
	f := fetcher{
		dir: filepath.Dir(path), sha512: tarSHA512, tarSize: tarSize, librarySize: librarySize,
		pack: npmPack, progress: progress, every: reportEvery(progress),
	}
	if err := f.run(ctx); err != nil {
		return "", fmt.Errorf("fetch engine: %w", err)
	}
	return path, nil
}

// libraryPath is where Fetch puts the library: one place for all checkouts of a user.
func libraryPath() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "askbuy", "engine", Version, libraryFile), nil
}

// fetched says whether path is the whole library; a shorter file is an accident.
func fetched(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() == librarySize
}

func (f *fetcher) target() string { return filepath.Join(f.dir, libraryFile) }

func (f *fetcher) there() bool {
	info, err := os.Stat(f.target())
	return err == nil && info.Size() == f.librarySize
}

func (f *fetcher) run(ctx context.Context) error {
	if f.there() {
		return nil
	}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if f.there() { // another process has just fetched it
		return nil
	}
	return f.fetch(ctx)
}

// fetch runs under the lock, so what an interrupted run has left is nobody's.
func (f *fetcher) fetch(ctx context.Context) (err error) {
	tmp := filepath.Join(f.dir, "fetch.tmp")
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	packed, err := f.download(ctx, tmp)
	if err != nil {
		return err
	}
	if err := checkSHA512(packed, f.sha512); err != nil {
		return err
	}
	unpacked := filepath.Join(tmp, libraryFile)
	if err := f.unpack(ctx, packed, unpacked); err != nil {
		return err
	}
	return os.Rename(unpacked, f.target())
}

// download runs pack and reports how fast its directory grows.
func (f *fetcher) download(ctx context.Context, tmp string) (string, error) {
	m := startMeter(f.progress, "download ClickHouse engine", f.tarSize, f.every, func() int64 { return dirSize(tmp) })
	err := f.pack(ctx, tmp)
	m.stop()
	if err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(tmp, "*.tgz"))
	if err != nil {
		return "", err
	}
	if len(files) != 1 {
		return "", fmt.Errorf("npm pack left %d .tgz files, want 1", len(files))
	}
	return files[0], nil
}

func (f *fetcher) lock(ctx context.Context) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(f.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for told := false; ; told = true {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { file.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errors.Join(err, file.Close())
		}
		if !told {
			fmt.Fprintln(f.progress, "another process is fetching the ClickHouse engine, waiting for it")
		}
		if ended := wait.For(ctx, 100*time.Millisecond); ended != nil {
			return nil, errors.Join(ended, file.Close())
		}
	}
}
