package sinks

import (
	"context"
	"fmt"
	"strings"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/schemas/event"
)

// gently keeps an hourly query from getting in the way of the others.
var gently = clickhouse.Settings{"max_threads": 2, "join_algorithm": "grace_hash", "max_bytes_before_external_group_by": 1 << 30}

const received = "topic = {topic:String} AND received_at >= {from:DateTime64(3, 'UTC')} AND received_at <= {to:DateTime64(3, 'UTC')}"

// Contradicted compares receipts with the place of the fact: the fact's own
// receipt says stored, any other copy's does not, and comes later.
func (w *Tables) Contradicted(ctx context.Context, topic string, from, to time.Time, limit int) ([]event.IdentityHash, error) {
	rows, err := clickhouse.Select[struct {
		Identity string `ch:"id"`
	}](ctx, w.DB, fmt.Sprintf(`SELECT DISTINCT hex(r.identity) AS id
FROM (SELECT identity, raw_position, outcome FROM askbuy.receipts FINAL WHERE %[1]s AND outcome IN ('stored', 'duplicate', 'conflict') AND identity != toFixedString('', 16)) AS r
LEFT JOIN (
	SELECT identity, toNullable(min(raw_position)) AS first FROM %[2]s
	WHERE identity IN (SELECT identity FROM askbuy.receipts WHERE %[1]s) GROUP BY identity
) AS f ON f.identity = r.identity
WHERE f.first IS NULL OR r.raw_position < f.first OR (r.outcome = 'stored') != (r.raw_position = f.first)
LIMIT %[3]d`, received, facts(topic).Name, limit), map[string]any{"topic": topic, "from": from, "to": to}, gently)
	if err != nil {
		return nil, fmt.Errorf("compare receipts with facts: %w", err)
	}
	identities := make([]event.IdentityHash, len(rows))
	for n, r := range rows {
		if err := unhex(identities[n][:], r.Identity); err != nil {
			return nil, fmt.Errorf("compare receipts with facts: %w", err)
		}
	}
	return identities, nil
}

type placeRow struct {
	Partition  int32  `ch:"raw_partition"`
	Position   int64  `ch:"raw_position"`
	Outcome    string `ch:"result"`
	Source     string `ch:"door"`
	ShopID     string `ch:"shop_id"`
	Identity   string `ch:"id"`
	ReceivedAt int64  `ch:"at"`
	First      *int64 `ch:"first"`
}

const receiptColumns = "r.raw_partition AS raw_partition, r.raw_position AS raw_position, toString(r.outcome) AS result, toString(r.source) AS door, r.shop_id AS shop_id, hex(r.identity) AS id, toUnixTimestamp64Milli(r.received_at) AS at"

// Places finds receipts by identity.
func (w *Tables) Places(ctx context.Context, topic string, identities []event.IdentityHash) ([]Place, error) {
	list := make([]string, len(identities))
	for n, id := range identities {
		list[n] = fmt.Sprintf("%x", id)
	}
	const these = "identity IN (SELECT toFixedString(unhex(arrayJoin(splitByChar(',', {ids:String}))), 16))"
	return w.places(ctx, fmt.Sprintf(`SELECT %s, f.first AS first
FROM (SELECT * FROM askbuy.receipts FINAL WHERE topic = {topic:String} AND outcome != 'erased' AND %s) AS r
LEFT JOIN (SELECT identity, toNullable(min(raw_position)) AS first FROM %s WHERE %s GROUP BY identity) AS f ON f.identity = r.identity
ORDER BY raw_partition, raw_position`, receiptColumns, these, facts(topic).Name, these), map[string]any{"topic": topic, "ids": strings.Join(list, ",")})
}

// WithoutLetter looks for the letter's row, which a sink writes from the topic
// of letters.
func (w *Tables) WithoutLetter(ctx context.Context, topic string, from, to time.Time, limit int) ([]Place, error) {
	return w.places(ctx, fmt.Sprintf(`SELECT %s, CAST(NULL, 'Nullable(Int64)') AS first
FROM (SELECT * FROM askbuy.receipts FINAL WHERE %s AND outcome IN ('conflict', 'quarantined')) AS r
WHERE (r.raw_partition, r.raw_position) NOT IN (SELECT partition, position FROM askbuy.dead_letters WHERE topic = {topic:String})
ORDER BY raw_partition, raw_position LIMIT %d`, receiptColumns, received, limit), map[string]any{"topic": topic, "from": from, "to": to})
}

// UnexplainedPlaces looks for the offsets that the ledger lacks, where it says
// that it lacks any.
func (w *Tables) UnexplainedPlaces(ctx context.Context, topic string, epoch int64, limit int) ([]Place, error) {
	type gap struct {
		Partition int32  `ch:"partition"`
		Start     uint64 `ch:"start"`
		Below     uint64 `ch:"below"`
	}
	logs, err := clickhouse.Select[gap](ctx, w.DB, `SELECT e.partition AS partition, toUInt64(s.first) AS start, toUInt64(e.below) AS below
FROM askbuy.log_ends AS e
INNER JOIN (SELECT partition, max(start_offset) AS first FROM askbuy.offset_cuts WHERE topic = {topic:String} AND epoch = {epoch:Int64} GROUP BY partition) AS s ON s.partition = e.partition
WHERE e.topic = {topic:String} AND e.epoch = {epoch:Int64} AND below > start AND (SELECT sum(unexplained) FROM askbuy.ledger_gaps WHERE topic = {topic:String}) > 0`,
		map[string]any{"topic": topic, "epoch": epoch}, gently)
	if err != nil {
		return nil, fmt.Errorf("ask the ledger what it lacks: %w", err)
	}
	var places []Place
	for _, l := range logs {
		rows, err := clickhouse.Select[struct {
			Offset uint64 `ch:"number"`
		}](ctx, w.DB, fmt.Sprintf(`SELECT number FROM numbers(%d, %d) WHERE number NOT IN (
	SELECT toUInt64(bitAnd(raw_position, 0xFFFFFFFFFF)) FROM askbuy.receipts WHERE topic = {topic:String} AND raw_partition = %d AND bitShiftRight(raw_position, 40) = %d)
LIMIT %d`, l.Start, l.Below-l.Start, l.Partition, epoch, limit), map[string]any{"topic": topic}, gently)
		if err != nil {
			return nil, fmt.Errorf("look for records without a receipt: %w", err)
		}
		for _, r := range rows {
			places = append(places, Place{Partition: l.Partition, At: event.At(epoch, int64(r.Offset))})
		}
	}
	return places, nil
}

func (w *Tables) places(ctx context.Context, sql string, params map[string]any) ([]Place, error) {
	rows, err := clickhouse.Select[placeRow](ctx, w.DB, sql, params, gently)
	if err != nil {
		return nil, fmt.Errorf("find receipts: %w", err)
	}
	places := make([]Place, len(rows))
	for n, r := range rows {
		places[n] = Place{Partition: r.Partition, At: event.Position(r.Position), Outcome: Outcome(r.Outcome), Source: r.Source, ShopID: r.ShopID, ReceivedAt: r.ReceivedAt}
		if r.First != nil {
			first := event.Position(*r.First)
			places[n].First = &first
		}
		if err := unhex(places[n].Identity[:], r.Identity); err != nil {
			return nil, fmt.Errorf("find receipts: %w", err)
		}
	}
	return places, nil
}
