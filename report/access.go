package report

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"askbuy/internal/clickhouse"
	schema "askbuy/schemas/clickhouse"
)

// Leak is what is wrong with a reader's access to a view or a table.
type Leak string

// The ways in which access is wrong.
const (
	LeakNone    Leak = ""
	LeakForeign Leak = "foreign" // shows rows of other shops
	LeakOpen    Leak = "open"    // its rows belong to no shop, and are shown to a reader of some
	LeakRights  Leak = "rights"  // runs with other rights than those of whoever asks, so that conditions on rows do not hold
	LeakHidden  Leak = "hidden"  // shows none of the rows that are the reader's own
	LeakRefused Leak = "refused" // may not be read, and should
)

// AccessRow is what a reader sees of one view or table.
type AccessRow struct {
	Name    string `json:"name"`
	Allowed bool   `json:"allowed"` // it was answered
	Rows    int64  `json:"rows"`
	Foreign int64  `json:"foreign"` // of these: of other shops
	Leak    Leak   `json:"leak"`
}

// AccessReport says what a reader sees.
type AccessReport struct {
	Reader string      `json:"reader"`
	Shops  []string    `json:"shops"` // empty: all
	Views  []AccessRow `json:"views"` // and the tables under them
	// Others counts shops with rows that are not the reader's; with none,
	// rows of others could not have been seen.
	Others int64 `json:"other_shops"`
	Leaks  int   `json:"leaks"`
}

// Access asks as a reader for everything in bi, and for the tables under it,
// whose rows it sees. service sees everything.
func Access(ctx context.Context, service, reader database, r schema.Reader) (*AccessReport, error) {
	report := &AccessReport{Reader: r.Name, Shops: slices.Clone(r.Shops), Views: []AccessRow{}}
	things, err := subjects(ctx, service, r)
	if err != nil {
		return nil, err
	}
	for _, s := range things {
		row, err := s.ask(ctx, service, reader)
		if err != nil {
			return nil, err
		}
		report.Views = append(report.Views, row)
		if row.Leak != LeakNone {
			report.Leaks++
		}
	}
	if len(r.Shops) > 0 {
		err = each(ctx, service, "shops", "SELECT toInt64(countIf(NOT ("+r.Own("shop_id")+"))) FROM bi.shops", nil, func(c *cells) { report.Others = c.count() })
	}
	return report, err
}

// subject is one view or table, and which of its rows are the reader's.
type subject struct {
	name, call string
	own        string // condition; "": all rows, when shared
	shared     bool   // all rows are for this reader
	granted    bool
	invoker    bool
}

// subjects lists every view of bi that there is, whoever made it, and the
// tables that the reader was granted.
func subjects(ctx context.Context, db database, r schema.Reader) ([]subject, error) {
	var list []subject
	var granted []string
	for _, a := range r.Access() {
		granted = append(granted, a.Name)
	}
	err := each(ctx, db, "views", `SELECT t.name, any(t.create_table_query LIKE '%SQL SECURITY INVOKER%') = 1, anyIf(c.name, c.name IN ('shop_id', 'shopId'))
FROM system.tables AS t LEFT JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
WHERE t.database = 'bi' GROUP BY t.name ORDER BY t.name`, nil, func(c *cells) {
		s := subject{name: "bi." + c.text(), shared: len(r.Shops) == 0}
		s.call, s.invoker, s.granted = schema.Call(s.name), next[uint8](c) == 1, slices.Contains(granted, s.name)
		if shop := c.text(); shop != "" || s.call != s.name { // a view with parameters tells no columns
			s.own = r.Own(or(shop, "shop_id"))
		}
		list = append(list, s)
	})
	for _, a := range r.Access() {
		if len(a.Columns) > 0 {
			list = append(list, subject{name: a.Name, call: a.Name, own: a.Rows, shared: len(r.Shops) == 0, invoker: true, granted: true})
		}
	}
	return list, err
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (s subject) ask(ctx context.Context, service, reader database) (AccessRow, error) {
	row := AccessRow{Name: s.name}
	own := s.own
	if own == "" {
		own = "1"
	}
	_, _, seen, err := reader.Query(ctx, "SELECT toInt64(count()), toInt64(countIf(NOT ("+own+"))) FROM "+s.call, nil)
	switch {
	case clickhouse.Denied(err):
		if s.granted {
			row.Leak = LeakRefused
		}
		return row, nil
	case err != nil:
		return row, fmt.Errorf("read %s as the reader: %w", s.name, err)
	}
	c := cells{row: seen[0]}
	row.Allowed, row.Rows, row.Foreign = true, c.count(), c.count()
	row.Leak = s.judge(row)
	if row.Leak == LeakNone && row.Rows == 0 {
		err = each(ctx, service, s.name, "SELECT toInt64(count()) FROM "+s.call+" WHERE "+own, nil, func(c *cells) {
			if c.count() > 0 {
				row.Leak = LeakHidden
			}
		})
	}
	return row, errors.Join(c.err, err)
}

func (s subject) judge(row AccessRow) Leak {
	switch {
	case s.shared:
		return LeakNone
	case s.own == "":
		return LeakOpen
	case row.Foreign > 0:
		return LeakForeign
	case !s.invoker:
		return LeakRights
	}
	return LeakNone
}

func (r *AccessReport) page(l Lang) page {
	what := map[Leak]string{
		LeakNone:    l.say("ok", "正常"),
		LeakForeign: l.say("SHOWS ROWS OF OTHER SHOPS", "泄露其他店铺的数据"),
		LeakOpen:    l.say("SHOWS WHAT BELONGS TO NO SHOP", "泄露不属于任何店铺的数据"),
		LeakRights:  l.say("RUNS WITH THE RIGHTS OF SOMEBODY ELSE", "以他人权限执行"),
		LeakHidden:  l.say("HIDES ROWS OF ITS OWN", "看不到自己的数据"),
		LeakRefused: l.say("MAY NOT BE READ", "无法读取"),
	}
	s := section{columns: []string{l.say("view or table", "视图或表"), l.say("rows", "行数"), l.say("of other shops", "其他店铺"), l.say("verdict", "结论")}}
	for _, v := range r.Views {
		rows, foreign, verdict := integer(v.Rows), integer(v.Foreign), what[v.Leak]
		if !v.Allowed {
			rows, foreign = missing, missing
			if v.Leak == LeakNone {
				verdict = l.say("ok: not granted", "正常:未授权")
			}
		}
		s.rows = append(s.rows, []string{v.Name, rows, foreign, verdict})
	}
	if len(r.Shops) > 0 {
		s.notes = append(s.notes, fmt.Sprintf(l.say("%d other shops have rows here; with none, nothing of others could have been seen.",
			"本库另有 %d 家店铺的数据;若为 0,则无从看到他人数据。"), r.Others))
	}
	s.notes = append(s.notes, fmt.Sprintf(l.say("%d of %d are wrong.", "%[2]d 项中有 %[1]d 项不对。"), r.Leaks, len(r.Views)))
	return page{title: fmt.Sprintf(l.say("What %s sees", "%s 能看到什么"), r.Reader), sections: []section{s}}
}

func (r *AccessReport) sheet() [][]string {
	sheet := [][]string{{"name", "allowed", "rows", "foreign", "leak"}}
	for _, v := range r.Views {
		sheet = append(sheet, []string{v.Name, fmt.Sprint(v.Allowed), integer(v.Rows), integer(v.Foreign), string(v.Leak)})
	}
	return sheet
}
