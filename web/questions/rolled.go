package questions

import (
	"context"
	"fmt"
	"time"
)

// Rollups say what the bi views say, as of one moment: they answer at once what the views compute.
const (
	rolledConversations = "askbuy.conversations"
	rolledShops         = "askbuy.shop_list"
)

// UseRollups has the desk answer from rollups what is asked as of their moment. What a page offers for copying stays
// the statement over bi, which gives the same.
func (k *Desk) UseRollups() { k.rollups = true }

// RolledUp is the moment of the rollup; the zero time while there is none.
func (k *Desk) RolledUp(ctx context.Context) (time.Time, error) {
	if !k.rollups {
		return time.Time{}, nil
	}
	_, _, rows, err := k.db.Query(ctx, "SELECT maxOrNull(r.as_of) AS as_of FROM "+rolledConversations+" AS r", nil)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask for the moment of the rollup: %w", err)
	}
	if len(rows) == 1 {
		if at, known := rows[0][0].(time.Time); known {
			return at.UTC(), nil
		}
	}
	return time.Time{}, nil
}

// rolledUp answers from rollups when they are of the moment that is asked for, and still are when the answer has come:
// the server swaps in others at any time. Otherwise there are no columns, and the views have to be asked.
func (k *Desk) rolledUp(ctx context.Context, args Args, s, fast Statement) (columns []string, rows [][]any, err error) {
	asked, known := args["as_of"]
	if !k.rollups || !known || s.SQL == fast.SQL {
		return nil, nil, nil
	}
	of := func() (bool, error) {
		at, err := k.RolledUp(ctx)
		return at.Format(timeLayout) == asked, err
	}
	if ok, err := of(); err != nil || !ok {
		return nil, nil, err
	}
	columns, _, rows, err = k.db.Query(ctx, fast.SQL, fast.Values(), asWritten)
	if err != nil {
		return nil, nil, err
	}
	if ok, err := of(); err != nil || !ok {
		return nil, nil, err
	}
	return columns, rows, nil
}

// shopList is where shops stand with their currencies.
func (d *draft) shopList() string {
	if d.rolled {
		return rolledShops
	}
	return "bi.shops"
}
