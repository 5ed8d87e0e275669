//go:build unix && !noembed

package embedded

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// packed is an npm package with one file.
func packed(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	err := tw.WriteHeader(&tar.Header{Name: "package/" + name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tw.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(tw.Close(), zw.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// testFetcher expects tgz to hold content; its packer counts its calls.
func testFetcher(t *testing.T, tgz, content []byte) (*fetcher, *atomic.Int64) {
	t.Helper()
	var calls atomic.Int64
	sum := sha512.Sum512(tgz)
	return &fetcher{
		dir: t.TempDir(), sha512: base64.StdEncoding.EncodeToString(sum[:]), tarSize: int64(len(tgz)),
		librarySize: int64(len(content)), progress: new(bytes.Buffer), every: time.Hour,
		pack: func(_ context.Context, into string) error {
			calls.Add(1)
			return os.WriteFile(filepath.Join(into, "x.tgz"), tgz, 0o600)
		},
	}, &calls
}

// wantOnly fails unless the directory holds the lock and these files.
func wantOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if want := strings.Join(append(names, "lock"), " "); strings.Join(got, " ") != want {
		t.Errorf("directory holds %v, want %s", got, want)
	}
}

func TestFetchUnpacksOnce(t *testing.T) {
	content := bytes.Repeat([]byte("library"), 1000)
	f, calls := testFetcher(t, packed(t, libraryFile, content), content)
	var wg sync.WaitGroup
	for range 4 {
		g := *f // as many processes would: everything of its own but the directory
		g.progress = new(bytes.Buffer)
		wg.Go(func() {
			if err := g.run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, err := os.ReadFile(f.target()); err != nil || !bytes.Equal(got, content) {
		t.Errorf("library differs from the packed one (%v)", err)
	}
	if calls.Load() != 1 {
		t.Errorf("packed %d times, want once", calls.Load())
	}
	wantOnly(t, f.dir, libraryFile)
}

func TestFetchReplacesAnAccident(t *testing.T) {
	content := []byte("library")
	f, _ := testFetcher(t, packed(t, libraryFile, content), content)
	if err := os.WriteFile(f.target(), []byte("lib"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(f.dir, "fetch.tmp", "cache"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !f.there() {
		t.Error("the short file was kept")
	}
	wantOnly(t, f.dir, libraryFile)
}

func TestFetchRefuses(t *testing.T) {
	content := []byte("library")
	good := packed(t, libraryFile, content)
	try := func(want string, change func(*fetcher)) {
		t.Helper()
		f, _ := testFetcher(t, good, content)
		change(f)
		if err := f.run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		wantOnly(t, f.dir)
	}
	try("pinned", func(f *fetcher) { f.sha512 = tarSHA512 })
	try("has 7 bytes, want 8", func(f *fetcher) { f.librarySize = 8 })
	try("no route", func(f *fetcher) { f.pack = func(context.Context, string) error { return errors.New("no route") } })
	try("0 .tgz", func(f *fetcher) { f.pack = func(context.Context, string) error { return nil } })
	other, _ := testFetcher(t, packed(t, "other.so", content), content)
	try("holds no libchdb.so", func(f *fetcher) { f.pack, f.sha512 = other.pack, other.sha512 })
	broken, _ := testFetcher(t, good[:len(good)/2], content)
	try("unpack engine", func(f *fetcher) { f.pack, f.sha512 = broken.pack, broken.sha512 })
}

func TestNpmFailureNamesTheNextStep(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	if err := npmPack(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "install Node.js") {
		t.Errorf("without npm: %v", err)
	}
	script := "#!/bin/sh\necho npm error code ENOTFOUND >&2\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "npm"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	err := npmPack(t.Context(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "ENOTFOUND") || !strings.Contains(err.Error(), "npm config get registry") {
		t.Errorf("failing npm: %v", err)
	}
}

func TestProgressLine(t *testing.T) {
	f := func(done int64, tty bool, want string) {
		t.Helper()
		if got := progressLine("download", done, 178e6, 3*time.Second, tty); got != want {
			t.Errorf("progressLine(%d) = %q, want %q", done, got, want)
		}
	}
	f(0, false, "download: 0 of 178 MB, 3 s\n")
	f(89e6, true, "\rdownload: 89 of 178 MB, 3 s\x1b[K")
	f(356e6, false, "download: 178 of 178 MB, 3 s\n")
}
