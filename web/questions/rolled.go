package questions

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// source is where a statement finds conversations. Rollups say what the bi views say, as of one moment: they answer at
// once what the views compute.
type source int

const (
	fromViews    source = iota // bi, as of any moment
	fromVersions               // one row a conversation, as of a moment that the rollup was published for
	fromSums                   // what the first page adds up, as of a moment of the last minutes
)

const rolledShops = "askbuy.shop_list"

// UseRollups has the desk answer from rollups what is asked as of their moments. What a page offers for copying stays
// the statement over bi, which gives the same.
func (k *Desk) UseRollups() { k.rollups = true }

// RolledUp is the newest moment of the rollup; the zero time while there is none.
func (k *Desk) RolledUp(ctx context.Context) (time.Time, error) {
	if !k.rollups {
		return time.Time{}, nil
	}
	_, _, rows, err := k.db.Query(ctx, "SELECT maxOrNull(g.as_of) AS as_of FROM askbuy.rollup_generations AS g", nil)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask for the moment of the rollup: %w", err)
	}
	if len(rows) == 1 {
		if at, ok := rows[0][0].(time.Time); ok {
			return at.UTC(), nil
		}
	}
	return time.Time{}, nil
}

// generation is what the rollup has of one moment.
type generation struct {
	lineage uint64 // 0: nothing
	summed  bool
}

// known is how long a generation that was found is believed in. What is taken back keeps its rows for a minute.
const known = 5 * time.Second

// found is a generation with the moment at which it was found.
type found struct {
	generation
	at time.Time
}

// generation finds what there is of a moment. Sums of a quarter of an hour ago are about to go: then there are the
// versions.
func (k *Desk) generation(ctx context.Context, asked string) (generation, error) {
	k.mu.Lock()
	last, seen := k.found[asked]
	k.mu.Unlock()
	if seen && k.now().Sub(last.at) < known {
		return last.generation, nil
	}
	at := k.now()
	g, err := k.findGeneration(ctx, asked)
	if err != nil || g.lineage == 0 {
		return g, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for moment, f := range k.found {
		if at.Sub(f.at) >= known {
			delete(k.found, moment)
		}
	}
	k.found[asked] = found{g, at}
	return g, nil
}

func (k *Desk) findGeneration(ctx context.Context, asked string) (g generation, err error) {
	_, _, rows, err := k.db.Query(ctx, `SELECT g.lineage AS lineage, toUInt8(g.lineage IN (SELECT s.lineage FROM askbuy.conversation_sums AS s WHERE s.as_of = {as_of:DateTime64(3, 'UTC')})
    AND g.as_of > (SELECT max(n.as_of) FROM askbuy.rollup_generations AS n) - toIntervalMinute(15)) AS summed
FROM askbuy.rollup_generations AS g
WHERE g.as_of = {as_of:DateTime64(3, 'UTC')}
ORDER BY g.published_at DESC, lineage DESC
LIMIT 1`, map[string]any{"as_of": plainTime(asked)})
	if err != nil || len(rows) == 0 {
		return g, err
	}
	g.lineage, _ = rows[0][0].(uint64)
	summed, _ := rows[0][1].(uint8)
	g.summed = summed == 1
	return g, nil
}

// rolledUp answers from rollups when they are of the moment that is asked for. Otherwise there are no columns, and the views have to be asked.
func (k *Desk) rolledUp(ctx context.Context, q Question, args Args, scope Scope, write func(*draft) Statement) (columns []string, rows [][]any, err error) {
	if !k.rollups || !q.rollable(args, scope) {
		return nil, nil, nil
	}
	var g generation // what is of now is of none
	if asked, given := args["as_of"]; given {
		if g, err = k.generation(ctx, asked); err != nil || g.lineage == 0 {
			return nil, nil, err
		}
	}
	fast := write(q.rolled(args, scope, g))
	columns, _, rows, err = k.db.Query(ctx, fast.SQL, fast.Values(), asWritten)
	return columns, rows, err
}

// rollable is whether a question reads a rollup at all.
func (q Question) rollable(args Args, scope Scope) bool {
	return q.Statement(args, scope).SQL != q.page(q.rolled(args, scope, generation{lineage: 1})).SQL
}

// rolled is a draft over a generation.
func (q Question) rolled(args Args, scope Scope, g generation) *draft {
	d := &draft{args: args, scope: scope, question: q, from: fromVersions, lineage: g.lineage}
	if q.Summed && g.summed {
		d.from = fromSums
	}
	return d
}

// boundLineage binds the lineage.
func (d *draft) boundLineage() string {
	return d.put(Bound{"lineage", "UInt64", strconv.FormatUint(d.lineage, 10)})
}

// conversationSource is the table or view of conversations, as of the moment.
func (d *draft) conversationSource() string {
	switch d.from {
	case fromVersions:
		return "askbuy.rolled_conversations(lineage = " + d.boundLineage() + ", as_of = " + d.bind("as_of") + ")"
	case fromSums:
		return "askbuy.conversation_sums"
	}
	return "bi.conversations_at(as_of = " + d.bind("as_of") + ")"
}

// ofGeneration narrows sums to those of the moment.
func (d *draft) ofGeneration() string {
	if d.from != fromSums {
		return ""
	}
	return "c.lineage = " + d.boundLineage() + " AND c.as_of = " + d.bind("as_of")
}

// shopList is where shops stand with their currencies.
func (d *draft) shopList() string {
	if d.from != fromViews {
		return rolledShops
	}
	return "bi.shops"
}
