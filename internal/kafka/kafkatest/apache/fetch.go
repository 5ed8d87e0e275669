package apache

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Version is the release that pom.xml names.
const Version = "4.3.1"

//go:embed pom.xml
var pom []byte

// ErrUnavailable: this machine has no Java or no Maven, or Maven Central cannot
// be reached from it.
var ErrUnavailable = errors.New("no Apache Kafka can be had here")

const (
	probePatience = time.Minute
	fetchPatience = 5 * time.Minute
	plugin        = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0"
)

// Fetch returns the folder of jars in the user's cache, and fills it once.
func Fetch(ctx context.Context) (libs string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache: %w; set HOME or XDG_CACHE_HOME", err)
	}
	if _, err := exec.LookPath("java"); err != nil {
		return "", fmt.Errorf("%w: %w; install Java 17 or newer", ErrUnavailable, err)
	}
	return fetch(ctx, filepath.Join(cache, "askbuy"))
}

func fetch(ctx context.Context, cache string) (libs string, err error) {
	libs = filepath.Join(cache, "kafka-"+Version)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("create the cache: %w", err)
	}
	unlock, err := lock(libs + ".lock")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if _, err := os.Stat(libs); err == nil {
		return libs, nil
	}
	fresh, err := os.MkdirTemp(cache, "kafka-fetch-")
	if err != nil {
		return "", fmt.Errorf("fetch kafka %s: %w", Version, err)
	}
	defer os.RemoveAll(fresh)
	if err := download(ctx, fresh); err != nil {
		return "", err
	}
	return libs, os.Rename(filepath.Join(fresh, "libs"), libs)
}

// download asks Maven for one small file, to see whether it can fetch at all,
// and then for everything.
func download(ctx context.Context, dir string) error {
	file := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(file, pom, 0o600); err != nil {
		return fmt.Errorf("fetch kafka %s: %w", Version, err)
	}
	if err := maven(ctx, probePatience, plugin+":get", "-Dartifact=org.slf4j:slf4j-simple:1.7.36:pom", "-Dtransitive=false"); err != nil {
		return fmt.Errorf("%w: reach Maven Central: %w; install Maven, or look at its settings", ErrUnavailable, err)
	}
	if err := maven(ctx, fetchPatience, "-f", file, "-Dlibs="+filepath.Join(dir, "libs"), plugin+":copy-dependencies"); err != nil {
		return fmt.Errorf("fetch kafka %s: %w", Version, err)
	}
	return nil
}

func maven(ctx context.Context, patience time.Duration, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "mvn", append([]string{"-q", "-B", "-ntp"}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mvn: %w\n%s", errors.Join(err, ctx.Err()), out[max(0, len(out)-2000):])
	}
	return nil
}

// lock makes other processes that fetch wait; the kernel frees it with ours.
func lock(name string) (unlock func() error, err error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the cache: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the cache: %w", err), file.Close())
	}
	return file.Close, nil
}
