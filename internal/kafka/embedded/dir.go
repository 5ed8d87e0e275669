package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrLocked: another process has the data directory.
var ErrLocked = errors.New("directory is in use by another process")

const (
	lockName = ".lock"
	metaName = "meta.json" // kfake writes it first and reads it first
)

// dirLock is a lock that dies with its process, however it dies.
type dirLock struct{ file *os.File }

// lockDir creates and locks a directory. The file holds the owner's pid, for
// people; the lock itself is the kernel's.
func lockDir(dir string) (*dirLock, error) {
	if dir == "" {
		return nil, errors.New("open broker directory: no directory was given")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create broker directory: %w; choose a directory that can be written", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock broker directory: %w; choose a directory that can be written", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(heldError(dir, file, err), file.Close())
	}
	if err := writePID(file); err != nil {
		return nil, errors.Join(fmt.Errorf("lock broker directory: %w", err), file.Close())
	}
	return &dirLock{file}, nil
}

func heldError(dir string, file *os.File, err error) error {
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("lock broker directory %s: %w", dir, err)
	}
	holder := make([]byte, 20)
	n, _ := file.ReadAt(holder, 0)
	pid := strings.TrimSpace(string(holder[:n]))
	if pid == "" {
		pid = "unknown"
	}
	return fmt.Errorf("lock broker directory %s: %w (pid %s); stop that process or choose another data directory", dir, ErrLocked, pid)
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// release is what the kernel would do at the process's end. The file stays: to
// remove it would let two processes lock two files of the same name.
func (l *dirLock) release() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("unlock broker directory: %w", err)
	}
	return nil
}

// anybody is the cluster id of directories that belong to no installation in
// particular; those of earlier versions have it.
const anybody = "askbuy-embedded"

func (o Options) clusterID() string {
	if o.Installation == "" {
		return anybody
	}
	return anybody + "-" + o.Installation
}

// checkOwner refuses a directory that holds anything but this installation's
// data: kfake would take it for new and write into it.
func checkOwner(dir, clusterID string) error {
	content, err := os.ReadFile(filepath.Join(dir, metaName))
	if errors.Is(err, fs.ErrNotExist) {
		return checkEmpty(dir)
	}
	if err != nil {
		return fmt.Errorf("open broker directory: %w", err)
	}
	var meta struct {
		ClusterID string `json:"cluster_id"`
	}
	if err := json.Unmarshal(content, &meta); err != nil {
		return fmt.Errorf("open broker directory %s: %w: %s: %w; %s", dir, ErrDamaged, metaName, err, restore)
	}
	if meta.ClusterID != clusterID && meta.ClusterID != anybody {
		return fmt.Errorf("open broker directory %s: %w (%s, this is %s)", dir, ErrForeign, meta.ClusterID, clusterID)
	}
	return nil
}

func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("open broker directory: %w", err)
	}
	for _, e := range entries {
		if e.Name() != lockName {
			return fmt.Errorf("open broker directory %s: it holds %s but no broker's data (%s); choose an empty directory", dir, e.Name(), metaName)
		}
	}
	return nil
}
