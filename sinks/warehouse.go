package sinks

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"askbuy/internal/clickhouse"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// Tables is the warehouse of a Sink: ClickHouse.
type Tables struct{ DB *clickhouse.DB }

// Insert stores all rows or none.
func (w *Tables) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	return w.DB.Insert(ctx, table, columns, rows)
}

// Refused reports whether an error is about the rows.
func (w *Tables) Refused(err error) bool { return clickhouse.Refused(err) }

// Probe asks for the columns without any row.
func (w *Tables) Probe(ctx context.Context, table string, columns []string) error {
	_, _, _, err := w.DB.Query(ctx, fmt.Sprintf("SELECT `%s` FROM %s LIMIT 0", strings.Join(columns, "`, `"), table), nil)
	if err != nil {
		return fmt.Errorf("%s lacks columns of this version, run askbuy migrate: %w", table, err)
	}
	return nil
}

// keysAtOnce bounds the keys of one look-up.
const keysAtOnce = 1000

type firstRow struct {
	Identity   string `ch:"identity"`
	FPVersion  uint8  `ch:"fp_version"`
	FP         string `ch:"fp"`
	NoTS       uint8  `ch:"no_ts"`
	TS         int64  `ch:"ts"`
	Position   int64  `ch:"raw_position"`
	Partition  int32  `ch:"raw_partition"`
	ReceivedAt int64  `ch:"received_at"`
	ShopID     string `ch:"shop_id"`
	Source     string `ch:"source"`
}

// FirstCopies reads facts by primary key. Keys travel in hex, so that no id
// can be anything but an id. Of rows not merged yet the least position counts.
func (w *Tables) FirstCopies(ctx context.Context, topic string, events []*event.Event) (map[event.IdentityHash]First, error) {
	found := make(map[event.IdentityHash]First, len(events))
	table := facts(topic)
	sql := fmt.Sprintf(`SELECT hex(f.identity) AS identity, f.fp_version AS fp_version, hex(f.fp) AS fp, f.no_ts AS no_ts, toUnixTimestamp64Milli(f.ts) AS ts,
	f.raw_position AS raw_position, f.raw_partition AS raw_partition, toUnixTimestamp64Milli(f.received_at) AS received_at, f.shop_id AS shop_id, toString(f.source) AS source
FROM %s AS f
WHERE (%s) IN (
	SELECT unhex(k[1]), unhex(k[2]), unhex(k[3])
	FROM (SELECT splitByChar('.', arrayJoin(splitByChar(',', {keys:String}))) AS k))
ORDER BY f.raw_position LIMIT 1 BY f.identity`, table.Name, "f."+strings.Join(table.Columns[:3], ", f."))
	for chunk := range slices.Chunk(events, keysAtOnce) {
		rows, err := clickhouse.Select[firstRow](ctx, w.DB, sql, map[string]any{"keys": hexKeys(chunk)})
		if err != nil {
			return nil, fmt.Errorf("look up first copies in %s: %w", table.Name, err)
		}
		for _, r := range rows {
			id, first, err := r.first()
			if err != nil {
				return nil, fmt.Errorf("look up first copies in %s: %w", table.Name, err)
			}
			found[id] = first
		}
	}
	return found, nil
}

func hexKeys(events []*event.Event) string {
	keys := make([]string, len(events))
	for n, e := range events {
		keys[n] = fmt.Sprintf("%x.%x.%x", e.ShopID, e.Owner(), e.ID)
	}
	return strings.Join(keys, ",")
}

func (r *firstRow) first() (event.IdentityHash, First, error) {
	f := First{
		Copy: event.Copy{Version: r.FPVersion, TS: r.TS, NoTS: r.NoTS == 1},
		At:   event.Position(r.Position), Partition: r.Partition, ReceivedAt: r.ReceivedAt, ShopID: r.ShopID, Source: r.Source,
	}
	var id event.IdentityHash
	if err := unhex(id[:], r.Identity); err != nil {
		return id, f, err
	}
	return id, f, unhex(f.Copy.Body[:], r.FP)
}

func unhex(dst []byte, s string) error {
	if hex.DecodedLen(len(s)) != len(dst) {
		return fmt.Errorf("want %d bytes in hex, have %q", len(dst), s)
	}
	_, err := hex.Decode(dst, []byte(s))
	return err
}

type storedRow struct {
	Identity   string `ch:"identity"`
	Position   int64  `ch:"raw_position"`
	ReceivedAt int64  `ch:"received_at"`
}

// Newest reads a page of a partition's identities, the newest first.
func (w *Tables) Newest(ctx context.Context, p Partition, below event.Position, limit int) ([]Stored, error) {
	rows, err := clickhouse.Select[storedRow](ctx, w.DB, fmt.Sprintf(`SELECT hex(f.identity) AS identity, f.raw_position AS raw_position, toUnixTimestamp64Milli(f.received_at) AS received_at
FROM %s AS f WHERE f.raw_partition = %d AND f.raw_position < %d ORDER BY f.raw_position DESC LIMIT %d`, facts(p.Topic).Name, p.Index, below, limit), nil)
	if err != nil {
		return nil, fmt.Errorf("read newest identities of %s: %w", p.Topic, err)
	}
	stored := make([]Stored, len(rows))
	for n, r := range rows {
		stored[n].At, stored[n].ReceivedAt = event.Position(r.Position), r.ReceivedAt
		if err := unhex(stored[n].Identity[:], r.Identity); err != nil {
			return nil, fmt.Errorf("read newest identities of %s: %w", p.Topic, err)
		}
	}
	return stored, nil
}

// LastBefore looks for the newest fact of former logs.
func (w *Tables) LastBefore(ctx context.Context, topic string, at event.Position) (int64, error) {
	last, err := clickhouse.One[struct {
		N  uint64 `ch:"n"`
		At int64  `ch:"at"`
	}](ctx, w.DB, fmt.Sprintf("SELECT count() AS n, toUnixTimestamp64Milli(max(received_at)) AS at FROM %s WHERE raw_position < %d", facts(topic).Name, at), nil)
	switch {
	case err != nil:
		return 0, fmt.Errorf("look for facts of former logs of %s: %w", topic, err)
	case last.N == 0:
		return completeFromTime, nil
	}
	return last.At, nil
}

// Unexplained asks the ledger.
func (w *Tables) Unexplained(ctx context.Context) (int64, error) {
	n, err := clickhouse.One[struct {
		Unexplained int64 `ch:"unexplained"`
	}](ctx, w.DB, "SELECT toInt64(sum(l.unexplained)) AS unexplained FROM "+schema.DatabaseViews+".ledger AS l", nil)
	if err != nil {
		return 0, fmt.Errorf("ask the ledger: %w", err)
	}
	return n.Unexplained, nil
}
