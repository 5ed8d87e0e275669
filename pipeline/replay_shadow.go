package pipeline

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/internal/clickhouse"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
	"askbuy/sinks"
)

// replayed are the tables that a replay makes anew, in the order in which they
// are exchanged.
var replayed = []warehouse.Table{warehouse.MessageScores, warehouse.Touches}

const (
	shadowMark    = "__replay_"
	shadowList    = warehouse.DatabaseTables + ".shoppers" + shadowMark
	shadowColumns = " (shop_id String, user_id String) ENGINE = MergeTree ORDER BY (shop_id, user_id) "
)

// shadow are the tables of one replay: askbuy.message_scores__replay_<id> and
// so on.
//
// What a shadow's name stands for is told by its comment, which an exchange
// moves along with the table: with the mark of its own replay it is the new
// table that waits, without it the old one that was replaced.
type shadow struct {
	*Replayer
	id    string
	after []event.Position // by partition: rows of a later version come from the tables in use
}

// replayMark is the comment of a shadow table.
type replayMark struct {
	Replay string           `json:"replay"`
	After  []event.Position `json:"after"`
}

func shadowID(now time.Time, random io.Reader) (string, error) {
	b := make([]byte, 3)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("name replay: %w", err)
	}
	return now.UTC().Format("20060102150405") + hex.EncodeToString(b), nil
}

// of is the name of a table's shadow.
func (s shadow) of(t warehouse.Table) string { return t.Name + shadowMark + s.id }

// shoppers is the name of the list of who is replayed.
func (s shadow) shoppers() string { return shadowList + s.id }

// later is the condition that a row was said after the replay began: its
// version is a place in the journey's log from there on, for one beyond the
// log's end is none. Kafka's hash is the one that partitions shoppers
// (internal/kafka).
func (s shadow) later(ctx context.Context) (string, error) {
	ends, err := s.ends(ctx, event.TopicJourney)
	if err != nil {
		return "", err
	}
	var after, until []int64
	for partition, p := range s.after {
		after = append(after, int64(p))
		until = append(until, int64(event.At(s.epochs[event.TopicJourney], ends[s.kafka.Name(event.TopicJourney)][int32(partition)])))
	}
	at := fmt.Sprintf("[1 + kafkaMurmurHash(concat(toString(length(shop_id)), ':', shop_id, user_id)) %% %d]", len(s.after))
	return "version > " + array("UInt64", after) + at + " AND version < " + array("UInt64", until) + at, nil
}

// create makes empty tables that are like those in use.
func (s shadow) create(ctx context.Context) error {
	mark, err := json.Marshal(replayMark{s.id, s.after})
	if err != nil {
		return fmt.Errorf("mark shadow tables: %w", err)
	}
	for _, t := range replayed {
		like, err := s.like(ctx, t)
		if err == nil {
			err = s.db.Exec(ctx, fmt.Sprintf("CREATE TABLE %s %s %s COMMENT '%s'", s.of(t), s.cluster.OnCluster(), like, mark), nil)
		}
		if err != nil {
			return fmt.Errorf("make shadow of %s: %w", t.Name, err)
		}
	}
	if err := s.db.Exec(ctx, "CREATE TABLE "+s.shoppers()+" "+s.cluster.OnCluster()+shadowColumns, nil); err != nil {
		return fmt.Errorf("make list of shoppers: %w", err)
	}
	return nil
}

// like gives a new table the shape of one in use. A replicated one needs a
// path of its own in the keeper, hence its engine anew.
func (s shadow) like(ctx context.Context, t warehouse.Table) (string, error) {
	if s.cluster.Name == "" {
		return "AS " + t.Name, nil
	}
	row, err := clickhouse.One[struct {
		Key string `ch:"k"`
	}](ctx, s.db, "SELECT sorting_key AS k FROM system.tables WHERE concat(database, '.', name) = {name:String}", map[string]any{"name": t.Name})
	if err != nil {
		return "", fmt.Errorf("find the key of %s: %w", t.Name, err)
	}
	return fmt.Sprintf("AS %s ENGINE = %s ORDER BY (%s)", t.Name, s.cluster.Engine("ReplacingMergeTree", "version"), row.Key), nil
}

// copy takes rows over from the tables in use into their shadows, whatever
// the names stand for now.
func (s shadow) copy(ctx context.Context, where string) error {
	for _, t := range replayed {
		if err := s.move(ctx, t, t.Name, s.of(t), where); err != nil {
			return err
		}
	}
	return nil
}

func (s shadow) move(ctx context.Context, t warehouse.Table, from, to, where string) error {
	columns := strings.Join(t.Columns, ", ")
	if err := s.db.Exec(ctx, "INSERT INTO "+to+" ("+columns+") SELECT "+columns+" FROM "+from+where, nil); err != nil {
		return fmt.Errorf("copy rows of %s: %w", t.Name, err)
	}
	return nil
}

// takeOver copies what was said in the tables in use since the replay began.
func (s shadow) takeOver(ctx context.Context) error {
	later, err := s.later(ctx)
	if err != nil {
		return err
	}
	return s.copy(ctx, " WHERE "+later)
}

// finish exchanges every table that was not exchanged yet, takes over what was
// still on its way into the old ones, and drops them. It may be begun again
// after any of its steps.
func (s shadow) finish(ctx context.Context) error {
	var steps []replayStep
	for _, t := range replayed {
		steps = append(steps, replayStep{"swapping " + short(t.Name), func(ctx context.Context) error { return s.exchange(ctx, t) }})
	}
	steps = append(steps, replayStep{"waiting for inserts into the old tables", func(ctx context.Context) error {
		return s.passed(ctx, sinks.Group, sinks.Topics()...)
	}})
	for _, t := range replayed {
		steps = append(steps,
			replayStep{"taking over later rows of " + short(t.Name), func(ctx context.Context) error { return s.takeBack(ctx, t) }},
			replayStep{"dropping the old " + short(t.Name), func(ctx context.Context) error { return s.drop(ctx, s.of(t)) }})
	}
	return s.each(ctx, append(steps, replayStep{"dropping the list of shoppers", func(ctx context.Context) error { return s.drop(ctx, s.shoppers()) }}))
}

// exchange puts the new table in the old one's place, if it was not yet.
func (s shadow) exchange(ctx context.Context, t warehouse.Table) error {
	left, err := s.left(ctx)
	if err != nil || left[s.of(t)] != waiting {
		return err
	}
	if err := s.sameColumns(ctx, t); err != nil {
		return err
	}
	if err := s.db.Exec(ctx, "EXCHANGE TABLES "+t.Name+" AND "+s.of(t)+" "+s.cluster.OnCluster(), nil); err != nil {
		return fmt.Errorf("swap %s: %w", t.Name, err)
	}
	return nil
}

// sameColumns keeps a shadow from before an upgrade out of use.
func (s shadow) sameColumns(ctx context.Context, t warehouse.Table) error {
	n, err := s.count(ctx, fmt.Sprintf("(SELECT name, type FROM system.columns WHERE concat(database, '.', table) IN ('%s', '%s') GROUP BY name, type HAVING count() = 1)", t.Name, s.of(t)))
	if err == nil && n > 0 {
		err = fmt.Errorf("%s and %s differ in %d columns: the schema was changed between; drop the latter and replay anew", t.Name, s.of(t), n)
	}
	return err
}

// takeBack copies later rows out of the old table, unless that is gone.
func (s shadow) takeBack(ctx context.Context, t warehouse.Table) error {
	left, err := s.left(ctx)
	if err != nil || left[s.of(t)] != replaced {
		return err
	}
	later, err := s.later(ctx)
	if err != nil {
		return err
	}
	return s.move(ctx, t, s.of(t), t.Name, " WHERE "+later)
}

func (s *Replayer) drop(ctx context.Context, table string) error {
	if err := s.db.Exec(ctx, "DROP TABLE IF EXISTS "+table+" "+s.cluster.OnCluster()+" SYNC", nil, clickhouse.Settings{"max_table_size_to_drop": 0}); err != nil {
		return fmt.Errorf("drop %s: %w", table, err)
	}
	return nil
}

// place is what the name of a shadow stands for.
type place int

const (
	absent   place = iota
	listing        // the list of shoppers
	waiting        // the new table, not in use yet
	replaced       // the old table, out of use
)

// left tells which of a replay's tables there are.
func (s shadow) left(ctx context.Context) (map[string]place, error) {
	all, _, err := s.leftovers(ctx)
	return all[s.id], err
}

// leftovers lists the tables of all replays, by their ids, and from where on
// rows of each are later, as far as a comment tells.
func (r *Replayer) leftovers(ctx context.Context) (tables map[string]map[string]place, after map[string][]event.Position, err error) {
	type row struct {
		Name    string `ch:"name"`
		Comment string `ch:"comment"`
	}
	rows, err := clickhouse.Select[row](ctx, r.db, "SELECT concat(database, '.', name) AS name, comment FROM system.tables WHERE database = '"+warehouse.DatabaseTables+"' AND (position(name, '"+shadowMark+"') > 0 OR comment != '')", nil)
	if err != nil {
		return nil, nil, fmt.Errorf("look for shadow tables: %w", err)
	}
	tables, after = map[string]map[string]place{}, map[string][]event.Position{}
	for _, t := range rows {
		var mark replayMark
		if json.Unmarshal([]byte(t.Comment), &mark) == nil && mark.Replay != "" {
			after[mark.Replay] = mark.After
		}
		_, id, is := strings.Cut(t.Name, shadowMark)
		if !is {
			continue
		}
		if tables[id] == nil {
			tables[id] = map[string]place{}
		}
		switch {
		case strings.HasPrefix(t.Name, shadowList):
			tables[id][t.Name] = listing
		case mark.Replay == id:
			tables[id][t.Name] = waiting
		default:
			tables[id][t.Name] = replaced
		}
	}
	return tables, after, nil
}

// settleLeftovers throws away what never came into use, and finishes a swap
// that was begun. look: only throws away.
func (r *Replayer) settleLeftovers(ctx context.Context, look bool) error {
	tables, after, err := r.leftovers(ctx)
	if err != nil {
		return err
	}
	for _, id := range sortedKeys(tables) {
		if !swapping(tables[id]) {
			if err := r.discard(ctx, id); err != nil {
				return err
			}
			continue
		}
		if look {
			return fmt.Errorf("the swap of replay %s was cut short: finish it by a replay without --dry-run", id)
		}
		if after[id] == nil {
			return fmt.Errorf("no table says from where on rows are later than replay %s: has its table been replaced by hand? Drop the tables that end in %s%s", id, shadowMark, id)
		}
		if err := (shadow{Replayer: r, id: id, after: after[id]}).finish(ctx); err != nil {
			return err
		}
	}
	return nil
}

func swapping(tables map[string]place) bool {
	for _, p := range tables {
		if p == replaced {
			return true
		}
	}
	return false
}

// discard drops a replay's tables, unless its swap has begun.
func (r *Replayer) discard(ctx context.Context, id string) error {
	all, _, err := r.leftovers(ctx)
	if err != nil {
		return err
	}
	if swapping(all[id]) {
		return errors.New("the swap was cut short: give the replay again to finish it")
	}
	names := sortedKeys(all[id])
	slices.Reverse(names)
	for _, name := range names {
		if err := r.drop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
