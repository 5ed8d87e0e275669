package pipeline

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/wait"
	"askbuy/report"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/web"
)

// TokenMaker signs a token for a shop ("": none) and one body, as the senders
// of kind jwt do.
type TokenMaker func(secret, shop, bodySHA256 string) (string, error)

// UseTokens lets the dashboard send dead letters of such senders again. Call
// it before Run.
func (p *Pipeline) UseTokens(make TokenMaker) { p.tokens = make }

// letterDesk is what the dashboard can do about dead letters.
type letterDesk struct {
	letters *Letters
	door    *Door
	db      *clickhouse.DB
	now     func() time.Time
}

// newLetterDesk sends letters through this process's own door.
func newLetterDesk(w wiring, d *doors) (web.Letters, error) {
	if d.public == nil || w.tokens == nil {
		return nil, nil // without a door there is nothing to send them to
	}
	ring, err := openKeyring(w.ctx, w.config)
	if err != nil {
		return nil, err
	}
	return &letterDesk{
		letters: &Letters{ring: ring, kafka: w.kafka, db: w.db, epochs: w.epochs}, db: w.db, now: w.now,
		door: &Door{
			URL: "http://" + d.public.Addr().String(), APIKey: w.secrets.api, Client: &http.Client{Timeout: 10 * time.Second},
			Sources: DoorSources(w.config, w.secrets.coze, w.tokens),
			Sleep:   wait.For,
		},
	}, nil
}

// find is the letter whose first delivery has a place.
func (l *letterDesk) find(ctx context.Context, place string) (report.DeadLetter, error) {
	at, err := parseLetterPlace(place)
	if err != nil {
		return report.DeadLetter{}, err
	}
	found, err := report.DeadLetters(ctx, l.db, report.LetterFilter{At: &at, Limit: 10})
	if err != nil {
		return report.DeadLetter{}, err
	}
	for _, letter := range found.Letters {
		if letter.First.String() == place {
			return letter, nil
		}
	}
	return report.DeadLetter{}, fmt.Errorf("find dead letter %.80q: %w", place, web.ErrNoLetter)
}

func parseLetterPlace(place string) (report.Place, error) {
	parts := strings.Split(place, ":")
	if len(parts) != 3 {
		return report.Place{}, fmt.Errorf("read place %.80q: %w", place, web.ErrNoLetter)
	}
	partition, err := strconv.ParseInt(parts[1], 10, 32)
	offset, errOffset := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || errOffset != nil {
		return report.Place{}, fmt.Errorf("read place %.80q: %w", place, web.ErrNoLetter)
	}
	return report.Place{Topic: parts[0], Partition: int32(partition), Offset: offset}, nil
}

func (l *letterDesk) Shop(ctx context.Context, place string) (string, error) {
	letter, err := l.find(ctx, place)
	return letter.ShopID, err
}

func (l *letterDesk) Original(ctx context.Context, place string) ([]byte, error) {
	letter, err := l.find(ctx, place)
	if err != nil {
		return nil, err
	}
	originals, err := l.letters.Read(ctx, []report.DeadLetter{letter}, func(int64, int64) {})
	if err != nil {
		return nil, err
	}
	return originals[0].Bytes, nil
}

func (l *letterDesk) Requeue(ctx context.Context, places []string, lent bool) ([]web.Requeued, error) {
	chosen := make([]report.DeadLetter, len(places))
	for i, place := range places {
		letter, err := l.find(ctx, place)
		if err != nil {
			return nil, err
		}
		chosen[i] = letter
	}
	originals, err := l.letters.Read(ctx, chosen, func(int64, int64) {})
	if err != nil {
		return nil, err
	}
	steps := PlanRequeue(chosen, originals, l.door.Sources, func(report.DeadLetter) bool { return lent }, l.now())
	fates, err := l.letters.Requeue(ctx, l.door, steps)
	if err != nil {
		return nil, err
	}
	told := make([]web.Requeued, len(fates))
	for i, f := range fates {
		told[i] = web.Requeued{Place: f.Letter.First.String(), Fate: string(f.Fate), Detail: f.Detail}
	}
	return told, nil
}

// recordLooks keeps who looked at what is masked or sealed.
func recordLooks(db *clickhouse.DB) func(context.Context, web.Look) error {
	return func(ctx context.Context, l web.Look) error {
		row := []any{l.At.UTC(), l.Name, l.Kind, l.Shop, l.Of}
		if err := db.Insert(ctx, warehouse.Looks.Name, warehouse.Looks.Columns, [][]any{row}); err != nil {
			return fmt.Errorf("record a look: %w", err)
		}
		return nil
	}
}
