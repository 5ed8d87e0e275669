package pipeline

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/internal/erasure"
	"askbuy/schemas/event"
)

// erasures are the accepted requests to erase. Each is a file until its
// certificate is complete, so that a request that was answered is kept through
// any end of the process.
type erasures struct {
	dir    certificates
	hasher *erasure.Hasher
	erase  func(ctx context.Context, s event.Shopper, at time.Time) (*Certificate, error)
	now    func() time.Time
	log    *slog.Logger
	wake   chan struct{}
}

// erasureRequest is what a file holds.
type erasureRequest struct {
	event.Shopper
	At time.Time `json:"requested_at"` // what comes later is a new shopper's
}

// erasureRetry is the pause after an erasure that could not be finished.
const erasureRetry = 10 * time.Second

func newErasures(e *Eraser, log *slog.Logger) *erasures {
	return &erasures{dir: e.dir, hasher: erasure.NewHasher(e.key), erase: e.Erase, now: e.now, log: log, wake: make(chan struct{}, 1)}
}

// request keeps a request and returns its certificate's id.
func (q *erasures) request(s event.Shopper) (id string, err error) {
	hash := q.hasher.Shopper(s)
	id = hex.EncodeToString(hash[:])[:idLength]
	b, err := json.Marshal(erasureRequest{s, q.now()})
	if err == nil {
		err = os.MkdirAll(q.pendingDir(), 0o700)
	}
	if err == nil {
		err = writeWhole(q.pendingPath(id), append(b, '\n'))
	}
	if err != nil {
		return "", fmt.Errorf("keep the request to erase: %w", err)
	}
	select {
	case q.wake <- struct{}{}:
	default: // it looks for all that there is
	}
	return id, nil
}

// pending is the request that an id stands for; nil when none.
func (q *erasures) pending(id string) (*erasureRequest, error) {
	if !certificateID.MatchString(id) {
		return nil, nil
	}
	b, err := os.ReadFile(q.pendingPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	s := &erasureRequest{}
	if err == nil {
		err = json.Unmarshal(b, s)
	}
	if err != nil {
		return nil, fmt.Errorf("read the request to erase: %w", err)
	}
	return s, nil
}

func (q *erasures) pendingDir() string           { return filepath.Join(string(q.dir), "pending") }
func (q *erasures) pendingPath(id string) string { return filepath.Join(q.pendingDir(), id+".json") }

// waiting lists the ids of pending requests.
func (q *erasures) waiting() ([]string, error) {
	files, err := os.ReadDir(q.pendingDir())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list requests to erase: %w", err)
	}
	var ids []string
	for _, f := range files {
		if id, is := strings.CutSuffix(f.Name(), ".json"); is && certificateID.MatchString(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// run erases whoever is waited for, one after the other, until ctx ends. What
// fails is tried again: an accepted request has to come to its end.
func (q *erasures) run(ctx context.Context) error {
	retry := time.NewTicker(erasureRetry)
	defer retry.Stop()
	for {
		ids, err := q.waiting()
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := q.finish(ctx, id); err != nil && ctx.Err() == nil {
				q.log.Warn("an erasure is not finished, it is tried again", "certificate", id, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-q.wake:
		case <-retry.C:
		}
	}
}

func (q *erasures) finish(ctx context.Context, id string) error {
	s, err := q.pending(id)
	if err != nil || s == nil {
		return err
	}
	if _, err := q.erase(ctx, s.Shopper, s.At); err != nil {
		return err
	}
	q.log.Info("a shopper was erased", "certificate", id)
	return os.Remove(q.pendingPath(id))
}
