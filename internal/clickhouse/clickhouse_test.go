package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

const createAll = `CREATE TABLE askbuy.t (
	id String, at DateTime64(3, 'UTC'), at_null Nullable(DateTime64(3, 'UTC')), amount Decimal(18, 2),
	score Nullable(Float64), hash FixedString(16), role LowCardinality(String), flag UInt8, day Date, n UInt64,
	items Array(Tuple(item_id String, quantity UInt32, amount Decimal(18, 2))), names Array(String), attrs Map(String, String)
) ENGINE = MergeTree ORDER BY id`

var allColumns = []string{"id", "at", "at_null", "amount", "score", "hash", "role", "flag", "day", "n", "items", "names", "attrs"}

type item struct {
	ItemID   string          `ch:"item_id"`
	Quantity uint32          `ch:"quantity"`
	Amount   decimal.Decimal `ch:"amount"`
}

type allRow struct {
	ID     string            `ch:"id"`
	At     time.Time         `ch:"at"`
	AtNull *time.Time        `ch:"at_null"`
	Amount decimal.Decimal   `ch:"amount"`
	Score  *float64          `ch:"score"`
	Hash   [16]byte          `ch:"hash"`
	Role   string            `ch:"role"`
	Flag   uint8             `ch:"flag"`
	Day    time.Time         `ch:"day"`
	N      uint64            `ch:"n"`
	Items  []item            `ch:"items"`
	Names  []string          `ch:"names"`
	Attrs  map[string]string `ch:"attrs"`
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRoundTripOfEveryType(t *testing.T) {
	db := clickhousetest.Fresh(t)
	must(t, db.Exec(t.Context(), createAll, nil))
	at := time.UnixMilli(1750830000123).UTC()
	day := time.Date(2025, 6, 25, 0, 0, 0, 0, time.UTC)
	hash := [16]byte{0, 1, 0xff, '\n', 15: 0}
	rows := [][]any{
		{"a\x00'\\有", at, at, "123456789012345.67", 0.25, hash[:], "user", uint8(1), day, uint64(1 << 63),
			[][]any{{"sku1", uint32(2), "1.50"}, {"sku2", uint32(1), decimal.RequireFromString("-0.01")}}, []string{"x", "y"}, map[string]string{"k": "v"}},
		{"b", at.Add(time.Millisecond), nil, "0.10", nil, hash[:], "", uint8(0), day, uint64(0), [][]any{}, []string{}, map[string]string{}},
	}
	must(t, db.Insert(t.Context(), "askbuy.t", allColumns, rows))
	got, err := clickhouse.Select[allRow](t.Context(), db, "SELECT * FROM askbuy.t ORDER BY id", nil)
	must(t, err)
	if len(got) != 2 {
		t.Fatalf("%d rows, want 2", len(got))
	}
	a, b := got[0], got[1]
	if a.ID != "a\x00'\\有" || !a.At.Equal(at) || a.AtNull == nil || !a.AtNull.Equal(at) || a.Amount.String() != "123456789012345.67" ||
		*a.Score != 0.25 || a.Hash != hash || a.Role != "user" || a.Flag != 1 || !a.Day.Equal(day) || a.N != 1<<63 || a.Attrs["k"] != "v" {
		t.Errorf("row a came back as %+v", a)
	}
	if len(a.Items) != 2 || a.Items[0].ItemID != "sku1" || a.Items[0].Quantity != 2 || a.Items[1].Amount.StringFixed(2) != "-0.01" {
		t.Errorf("items came back as %+v", a.Items)
	}
	if b.AtNull != nil || b.Score != nil || b.Amount.StringFixed(2) != "0.10" || len(b.Items) != 0 || a.At.Location() != time.UTC {
		t.Errorf("row b came back as %+v", b)
	}
}

func TestQueryDecodesToGoValues(t *testing.T) {
	db := clickhousetest.DB(t)
	columns, types, rows, err := db.Query(t.Context(), `SELECT 'x' AS s, toNullable(1.5) AS f, CAST(NULL AS Nullable(Float64)) AS none,
		toDateTime64('2025-06-25 05:40:00.123', 3, 'UTC') AS at, toDecimal64('2.50', 2) AS money, [1, 2]::Array(UInt8) AS list,
		toFixedString('ab', 2) AS fixed, CAST('r' AS LowCardinality(Nullable(String))) AS low, (1::UInt8, 'a') AS tuple`, nil)
	must(t, err)
	if got := strings.Join(columns, " "); got != "s f none at money list fixed low tuple" {
		t.Errorf("columns %s", got)
	}
	if types[3] != "DateTime64(3, 'UTC')" || types[4] != "Decimal(18, 2)" {
		t.Errorf("types %q", types)
	}
	r := rows[0]
	at, _ := r[3].(time.Time)
	money, _ := r[4].(decimal.Decimal)
	if r[0] != "x" || r[1] != 1.5 || r[2] != nil || at.UnixMilli() != 1750830000123 || money.StringFixed(2) != "2.50" || r[6] != "ab" || r[7] != "r" || fmt.Sprint(r[5], r[8]) != "[1 2] [1 a]" {
		t.Errorf("row %#v", r)
	}
	if _, _, none, err := db.Query(t.Context(), "SELECT 1 WHERE 0", nil); err != nil || len(none) != 0 {
		t.Errorf("empty answer: %v, %v", none, err)
	}
	if _, _, _, err := db.Query(t.Context(), "SELECT throwIf(number = 70000) FROM numbers(100000)", nil); !clickhouse.Refused(err) {
		t.Errorf("an error in the middle of the answer: %v", err)
	}
}

func TestOne(t *testing.T) {
	db := clickhousetest.DB(t)
	type row struct {
		N uint64 `ch:"n"`
	}
	if got, err := clickhouse.One[row](t.Context(), db, "SELECT 3::UInt64 AS n", nil); err != nil || got.N != 3 {
		t.Errorf("One = %v, %v", got, err)
	}
	if _, err := clickhouse.One[row](t.Context(), db, "SELECT number AS n FROM numbers(2)", nil); err == nil {
		t.Error("two rows passed for one")
	}
}

// No value can become SQL or come back as another value.
func TestParametersKeepEveryValue(t *testing.T) {
	db := clickhousetest.DB(t)
	type row struct {
		S    string    `ch:"s"`
		List []string  `ch:"list"`
		At   time.Time `ch:"at"`
		N    int64     `ch:"n"`
	}
	text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("'\"\\\t\n\r\x00N`{}:[],%_\b\f"))),
		rapid.Just(`\N`), rapid.Just("NULL"), rapid.Just("'; DROP TABLE t; --"))
	rapid.Check(t, func(t *rapid.T) {
		s, list := text.Draw(t, "s"), rapid.SliceOfN(text, 0, 4).Draw(t, "list")
		ms := rapid.OneOf(rapid.Int64Range(-2000, 2000), rapid.Int64Range(-2208988800000, 9223372036854)).Draw(t, "ms") // 1900 to 2262
		n := rapid.Int64().Draw(t, "n")
		got, err := clickhouse.One[row](context.Background(), db,
			"SELECT {s:String} AS s, {list:Array(String)} AS list, {at:DateTime64(3, 'UTC')} AS at, {n:Int64} AS n",
			map[string]any{"s": s, "list": list, "at": time.UnixMilli(ms), "n": n})
		if err != nil {
			t.Fatal(err)
		}
		if got.S != s || got.N != n || got.At.UnixMilli() != ms || strings.Join(got.List, "\x01") != strings.Join(list, "\x01") || len(got.List) != len(list) {
			t.Fatalf("sent %q %q %d %d, got %+v (%d ms)", s, list, ms, n, got, got.At.UnixMilli())
		}
	})
}

func TestSettingsOfACall(t *testing.T) {
	db := clickhousetest.DB(t)
	_, _, rows, err := db.Query(t.Context(), "SELECT getSetting('max_threads')::String", nil, clickhouse.Settings{"max_threads": 1})
	must(t, err)
	if rows[0][0] != "1" {
		t.Errorf("max_threads = %v", rows[0][0])
	}
}

func TestInsertIsOneBlockAndStored(t *testing.T) {
	db := clickhousetest.Fresh(t)
	must(t, db.Exec(t.Context(), "CREATE TABLE askbuy.t (n UInt64) ENGINE = MergeTree ORDER BY n", nil))
	must(t, db.Exec(t.Context(), "SYSTEM STOP MERGES askbuy.t", nil))
	rows := make([][]any, 50_000)
	for i := range rows {
		rows[i] = []any{uint64(i)}
	}
	must(t, db.Insert(t.Context(), "askbuy.t", []string{"n"}, rows))
	must(t, db.Insert(t.Context(), "askbuy.t", []string{"n"}, nil))
	_, _, got, err := db.Query(t.Context(), "SELECT count(), sum(rows) FROM system.parts WHERE database = 'askbuy' AND table = 't' AND active", nil)
	must(t, err)
	if got[0][0] != uint64(1) || got[0][1] != uint64(50_000) {
		t.Errorf("parts, rows = %v, want 1, 50000", got[0])
	}
}

func TestErrorsFromTheServer(t *testing.T) {
	db := clickhousetest.Fresh(t)
	must(t, db.Exec(t.Context(), "CREATE TABLE askbuy.t (n UInt64, d DateTime('UTC'), CONSTRAINT small CHECK n < 10) ENGINE = MergeTree PARTITION BY toYYYYMMDD(d) ORDER BY n", nil))
	insert := func(rows ...[]any) error { return db.Insert(t.Context(), "askbuy.t", []string{"n", "d"}, rows) }
	now := time.Unix(1750830000, 0)
	refused := func(err error, want bool) {
		t.Helper()
		if err == nil || clickhouse.Refused(err) != want || clickhouse.Unavailable(err) == want {
			t.Errorf("error %v: refused %v, unavailable %v", err, clickhouse.Refused(err), clickhouse.Unavailable(err))
		}
	}
	err := insert([]any{uint64(1), now}, []any{"not a number", now})
	refused(err, true)
	if row := (*clickhouse.RowError)(nil); !errors.As(err, &row) || row.Index != 1 {
		t.Errorf("error %v does not name row 1", err)
	}
	refused(insert([]any{uint64(11), now}), true)
	for _, at := range []time.Time{time.UnixMilli(-2208988800001), time.UnixMilli(9223372036855), time.UnixMilli(1 << 62)} {
		refused(insert([]any{uint64(1), at}), true)
		refused(insert([]any{uint64(1), &at}), true)
	}
	refused(insert([]any{uint64(1)}), true)
	var days [][]any
	for i := range 101 {
		days = append(days, []any{uint64(1), now.AddDate(0, 0, i)})
	}
	refused(insert(days...), true)
	refused(db.Exec(t.Context(), "SELEC 1", nil), true)
	refused(db.Insert(t.Context(), "askbuy.missing", []string{"n"}, [][]any{{uint64(1)}}), false)
	refused(db.Insert(t.Context(), "askbuy.t", []string{"n", "missing"}, [][]any{{uint64(1), uint64(1)}}), false)
	refused(db.Exec(t.Context(), "SELECT groupArray(number) FROM numbers(100000000)", nil, clickhouse.Settings{"max_memory_usage": 1 << 20}), false)
	refused(db.Exec(t.Context(), "SELECT sleep(1)", nil, clickhouse.Settings{"max_execution_time": "0.01"}), false)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	refused(db.Insert(ctx, "askbuy.t", []string{"n", "d"}, [][]any{{uint64(1), now}}), false)
	// None of these did harm to the pool or left a row.
	must(t, insert([]any{uint64(1), now}))
	_, _, got, err := db.Query(t.Context(), "SELECT count() FROM askbuy.t", nil)
	must(t, err)
	if got[0][0] != uint64(1) {
		t.Errorf("%v rows, want 1", got[0][0])
	}
}

func TestOpenNamesTheSetting(t *testing.T) {
	host := strings.TrimPrefix(clickhousetest.Engine(t).NativeAddr(), "127.0.0.1:")
	f := func(dsn string, want ...string) {
		t.Helper()
		db, err := clickhouse.Open(t.Context(), dsn)
		if err == nil {
			_ = db.Close()
			t.Errorf("%s was opened", dsn)
			return
		}
		for _, w := range append(want, "ASKBUY_CLICKHOUSE_DSN", "--clickhouse-dsn") {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("error %q lacks %q", err, w)
			}
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("error %q shows the password", err)
		}
	}
	f("", "clickhouse://")
	f("127.0.0.1:9000", "no URL")
	f("http://askbuy:secret@127.0.0.1:8123/", "native protocol")
	f("clickhouse://askbuy:secret@/", "no host")
	f("clickhouse://askbuy:secret@127.0.0.1:9000/default?dial_timeout=soon", "parameters")
	f("clickhouse://askbuy:secret@127.0.0.1:1/default", "127.0.0.1:1", "runs")
	f("clickhouse://askbuy:secret@127.0.0.1:"+host+"/default", "password")
}

func TestBIUserReadsOverNative(t *testing.T) {
	clickhousetest.Fresh(t)
	addr := clickhousetest.Engine(t).NativeAddr()
	db, err := clickhouse.Open(t.Context(), "clickhouse://bi:"+clickhousetest.BIPassword+"@"+addr+"/default")
	must(t, err)
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, _, rows, err := db.Query(ctx, "SELECT {x:String}", map[string]any{"x": "y"})
	must(t, err)
	if rows[0][0] != "y" {
		t.Errorf("rows %v", rows)
	}
	if err := db.Exec(ctx, "CREATE TABLE askbuy.mine (n UInt8) ENGINE = Memory", nil); !clickhouse.Unavailable(err) {
		t.Errorf("bi created a table: %v", err)
	}
}

func TestMigrateIsIdempotent(t *testing.T) {
	db := clickhousetest.Fresh(t)
	must(t, db.Exec(t.Context(), "DROP DATABASE askbuy SYNC", nil))
	files := fstest.MapFS{
		"00001_facts.sql": {Data: []byte("-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE IF NOT EXISTS askbuy.a (n UInt64) ENGINE = MergeTree ORDER BY n;\n" +
			"INSERT INTO askbuy.a VALUES (1);\n")},
	}
	up := func() error { return clickhouse.Migrate(t.Context(), db, files, discard) }
	must(t, up())
	must(t, up())
	files["00002_more.sql"] = &fstest.MapFile{Data: []byte("-- +goose NO TRANSACTION\n-- +goose Up\nALTER TABLE askbuy.a ADD COLUMN IF NOT EXISTS s String COMMENT 'a; b';\n" +
		"CREATE DATABASE IF NOT EXISTS bi;\n-- +goose StatementBegin\nCREATE OR REPLACE VIEW bi.a AS SELECT n,\n  s FROM askbuy.a;\n-- +goose StatementEnd\n")}
	must(t, up())
	must(t, up())
	_, _, rows, err := db.Query(t.Context(), "SELECT n, s FROM bi.a", nil)
	must(t, err)
	if len(rows) != 1 {
		t.Errorf("rows %v, want those of one run", rows)
	}
	files["00003_wrong.sql"] = &fstest.MapFile{Data: []byte("-- +goose NO TRANSACTION\n-- +goose Up\nALTER TABLE askbuy.missing DROP COLUMN x;\n")}
	if err := up(); err == nil || !strings.Contains(err.Error(), "00003_wrong.sql") {
		t.Errorf("error %v does not name the file", err)
	}
	files["00003_wrong.sql"] = &fstest.MapFile{Data: []byte("-- +goose NO TRANSACTION\n-- +goose Up\nALTER TABLE askbuy.a DROP COLUMN s;\n")}
	must(t, up())
	delete(files, "00003_wrong.sql")
	if err := up(); !errors.Is(err, clickhouse.ErrNewer) || !strings.Contains(err.Error(), "of migration 3") || !strings.Contains(err.Error(), "restore a backup") {
		t.Errorf("a newer schema: %v", err)
	}
}

func TestNewIsOfItsOwn(t *testing.T) {
	shared := clickhousetest.Fresh(t)
	must(t, shared.Exec(t.Context(), "CREATE TABLE askbuy.t (n UInt8) ENGINE = Memory", nil))
	_, _, rows, err := clickhousetest.New(t).Query(t.Context(), "SELECT count() FROM system.databases WHERE name = 'askbuy'", nil)
	must(t, err)
	if rows[0][0] != uint64(0) {
		t.Error("a new server knows the shared one's tables")
	}
}
