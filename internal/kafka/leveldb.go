package kafka

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/lovoo/goka/storage"
	"github.com/syndtr/goleveldb/leveldb"
	lerrors "github.com/syndtr/goleveldb/leveldb/errors"
	"github.com/syndtr/goleveldb/leveldb/opt"
)

// levelStores builds tables on disk, for state that does not fit in memory. A
// table lives under its changelog topic's id: with another broker, or a topic
// made anew, its offsets would mean something else.
type levelStores struct {
	dir   string // of the group
	table string // hex id of the changelog topic
	stale bool
	log   *slog.Logger
}

func newLevelStores(stateDir, group string, tableID [16]byte, log *slog.Logger) *levelStores {
	return &levelStores{dir: filepath.Join(stateDir, group), table: hex.EncodeToString(tableID[:]), log: log}
}

// build is a storage.Builder. Goka builds partitions concurrently, after
// session. A table that is damaged is read anew from the changelog, which has
// all of it.
func (l *levelStores) build(topic string, partition int32) (storage.Storage, error) {
	dir := filepath.Join(l.dir, l.table)
	at := filepath.Join(dir, fmt.Sprintf("%s.%d", topic, partition))
	if _, err := os.Stat(at + damagedSuffix); l.stale || err == nil {
		if err := errors.Join(os.RemoveAll(at), os.RemoveAll(at+damagedSuffix)); err != nil {
			return nil, fmt.Errorf("remove stale table: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create state directory: %w; choose a data directory that can be written", err)
	}
	db, err := leveldb.OpenFile(at, levelOptions())
	if lerrors.IsCorrupted(err) {
		l.log.Warn("a table on disk is damaged and is read anew from its changelog", "dir", at, "error", err)
		if err := os.RemoveAll(at); err != nil {
			return nil, fmt.Errorf("remove damaged table: %w", err)
		}
		db, err = leveldb.OpenFile(at, levelOptions())
	}
	if err != nil {
		return nil, fmt.Errorf("open table %s: %w; free space, or make the data directory one that this process alone may write", at, err)
	}
	store, err := storage.New(db)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open table %s: %w", at, err), db.Close())
	}
	return &watchedStore{Storage: store, at: at}, nil
}

func levelOptions() *opt.Options {
	return &opt.Options{
		// The changelog is the durable copy; a crash costs a replay.
		NoSync:      true,
		WriteBuffer: 32 << 20,
		Compression: opt.NoCompression,
		// Without it a journal loses its damaged entries and says nothing.
		Strict: opt.StrictAll,
	}
}

// session makes tables be read anew from the changelog when generations were
// missed, for the reason given at stores.session.
func (l *levelStores) session(continuous bool) { l.stale = !continuous }

// clean removes tables of topics that are no more.
func (l *levelStores) clean() error {
	entries, err := os.ReadDir(l.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read state directory: %w", err)
	}
	for _, e := range entries {
		id, err := hex.DecodeString(e.Name())
		if err != nil || len(id) != 16 || e.Name() == l.table {
			continue
		}
		if err := os.RemoveAll(filepath.Join(l.dir, e.Name())); err != nil {
			return fmt.Errorf("remove tables of a topic that is no more: %w", err)
		}
	}
	return nil
}
