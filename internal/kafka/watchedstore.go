package kafka

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/lovoo/goka/storage"
	"github.com/syndtr/goleveldb/leveldb"
)

// damagedSuffix marks a table that failed while it was in use: a damaged block
// is found when it is read, and would be found again at every start.
const damagedSuffix = ".damaged"

// watchedStore is a table on disk that, once it fails, is read anew from its
// changelog at the next start. Goka's errors do not say what failed, and
// reading anew is right after any failure.
type watchedStore struct {
	storage.Storage
	at   string // its directory
	mark sync.Once
}

func (w *watchedStore) Get(key string) ([]byte, error) {
	value, err := w.Storage.Get(key)
	return value, w.failed(err)
}

func (w *watchedStore) Has(key string) (bool, error) {
	has, err := w.Storage.Has(key)
	return has, w.failed(err)
}

func (w *watchedStore) Set(key string, value []byte) error {
	return w.failed(w.Storage.Set(key, value))
}

func (w *watchedStore) Delete(key string) error { return w.failed(w.Storage.Delete(key)) }

func (w *watchedStore) GetOffset(otherwise int64) (int64, error) {
	offset, err := w.Storage.GetOffset(otherwise)
	return offset, w.failed(err)
}

func (w *watchedStore) SetOffset(offset int64) error { return w.failed(w.Storage.SetOffset(offset)) }

func (w *watchedStore) MarkRecovered() error { return w.failed(w.Storage.MarkRecovered()) }

func (w *watchedStore) Iterator() (storage.Iterator, error) {
	return w.watch(w.Storage.Iterator())
}

func (w *watchedStore) IteratorWithRange(start, limit []byte) (storage.Iterator, error) {
	return w.watch(w.Storage.IteratorWithRange(start, limit))
}

func (w *watchedStore) watch(it storage.Iterator, err error) (storage.Iterator, error) {
	if err != nil {
		return nil, w.failed(err)
	}
	return watchedIterator{it, w}, nil
}

type watchedIterator struct {
	storage.Iterator
	of *watchedStore
}

func (i watchedIterator) Err() error { return i.of.failed(i.Iterator.Err()) }

// failed marks the table, and adds the next step to the error.
func (w *watchedStore) failed(err error) error {
	if err == nil || errors.Is(err, leveldb.ErrClosed) {
		return err
	}
	w.mark.Do(func() { err = errors.Join(err, os.WriteFile(w.at+damagedSuffix, nil, 0o600)) })
	return fmt.Errorf("use table %s: %w; start again: it is read anew from its changelog (free space, if the disk is full)", w.at, err)
}
