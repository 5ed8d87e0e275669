package warehouse_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/go-json-experiment/json"

	"askbuy/internal/clickhouse"
)

// TestArtefacts runs every statement that is shipped for BI tools, as the
// users who will run it, on shop small.
func TestArtefacts(t *testing.T) {
	db := fresh(t)
	newSmallShop().said(`
		{"type":"message","event_id":"m3","shop_id":"small","user_id":"u2","conv_id":"c2","from":"user","text":"我要买,有优惠券吗","ts":1791943200000,"channel":"web"}
		{"type":"message","event_id":"m4","shop_id":"small","user_id":"u2","conv_id":"c2","from":"bot","text":"有的","ts":1791943203000}`).insert(t.Context(), t, db)
	must(t, db.Exec(t.Context(), "INSERT INTO askbuy.message_scores SELECT * REPLACE ('purchase_claim' AS act, 0.9 AS buy_score, version + 1 AS version) FROM askbuy.message_scores", nil))
	must(t, db.Exec(t.Context(), "INSERT INTO askbuy.experiment_results SELECT * REPLACE ('success' AS role, version + 1 AS version) FROM askbuy.experiment_results", nil))
	must(t, db.Exec(t.Context(), "INSERT INTO askbuy.replies (shop_id, user_id, event_id, conv_id, question_event_id, route, ts, received_at) VALUES ('small', 'u2', 'm4', 'c2', 'm3', 'preset', '2026-10-14 10:00:00', '2026-10-14 10:00:00')", nil))
	must(t, db.Exec(t.Context(), "INSERT INTO askbuy.handoffs (shop_id, user_id, event_id, conv_id, handoff_id, step, reason, ts, received_at) VALUES ('small', 'u2', 'h1', 'c2', 'h1', 'requested', 'asked', '2026-10-14 10:00:00', '2026-10-14 10:00:00')", nil))
	bi := shipped{connectBI(t), connectAs(t, "small_only")}
	t.Run("docs/queries", func(t *testing.T) { bi.queries(t) })
	t.Run("grafana", func(t *testing.T) { bi.grafana(t) })
	t.Run("metabase", func(t *testing.T) { bi.metabase(t) })
	t.Run("dbt", func(t *testing.T) { bi.dbt(t) })
	t.Run("generated", func(t *testing.T) { testGenerated(t, db) })
}

// shipped are the users: of all shops, and of shop small.
type shipped struct{ all, some *clickhouse.DB }

// Two moments at which the statements are run: a day after what happened in
// shop small, and four weeks after. Whatever now() the real one would be.
const (
	dayAfter   = "2026-10-15 12:00:00"
	weeksAfter = "2026-11-10 12:00:00"
)

// run runs a statement as the user of all shops and gives the columns. It has
// to give rows at one of the moments, unless it speaks of the quality of
// scores, which waits for windows to close by the real clock.
func (s shipped) run(t *testing.T, name, sql string) (columns, types []string) {
	t.Helper()
	for _, at := range []string{dayAfter, weeksAfter} {
		var rows [][]any
		var err error
		if columns, types, rows, err = s.all.Query(t.Context(), asOf(sql, at), nil); err != nil {
			t.Errorf("%s: %v\n%s", name, err, asOf(sql, at))
			return nil, nil
		}
		if len(rows) > 0 || strings.Contains(sql, "score_quality") {
			return columns, types
		}
	}
	t.Errorf("%s finds nothing: this test shows little\n%s", name, sql)
	return columns, types
}

// asOf is a statement at a moment, on shop small.
func asOf(sql, at string) string {
	return strings.NewReplacer("today()", "toDate('"+at[:10]+"')", "now()", "toDateTime64('"+at+"', 3, 'UTC')",
		"'default'", "'small'", "$__toTime", "toDateTime('"+at+"', 'UTC')").Replace(grafanaFilters(sql, at))
}

// ofNoShop are statements that only users of all shops may run.
var ofNoShop = regexp.MustCompile(`bi\.(ledger|freshness)`)

func (s shipped) queries(t *testing.T) {
	guides := shippedFile(t, "../../docs/bi.md") + shippedFile(t, "../../docs/bi.zh-CN.md")
	for _, file := range shippedFiles(t, "../../docs/queries/*.sql") {
		sql := shippedFile(t, file)
		lines := strings.SplitN(sql, "\n", 3)
		if !strings.HasPrefix(lines[0], "-- ") || !hasHan(lines[0]) || !strings.HasPrefix(lines[1], "-- ") || hasHan(lines[1]) {
			t.Errorf("%s does not begin with its question, in Chinese and then in English", file)
		}
		if strings.Count(guides, "queries/"+filepath.Base(file)) != 2 {
			t.Errorf("%s is not in both guides to BI tools", file)
		}
		s.run(t, file, sql)
		if _, _, _, err := s.some.Query(t.Context(), asOf(sql, dayAfter), nil); err != nil && !(clickhouse.Denied(err) && ofNoShop.MatchString(sql)) {
			t.Errorf("%s, as a reader of one shop: %v", file, err)
		}
	}
}

func (s shipped) metabase(t *testing.T) {
	for _, file := range shippedFiles(t, "../../deploy/metabase/*.sql") {
		s.run(t, file, shippedFile(t, file))
	}
}

// Jinja of the models: a configuration, and names of sources and models.
var (
	dbtConfig = regexp.MustCompile(`\{\{\s*config\([^}]*\)\s*\}\}`)
	dbtSource = regexp.MustCompile(`\{\{\s*source\('askbuy', '(\w+)'\)\s*\}\}`)
	dbtRef    = regexp.MustCompile(`\{\{\s*ref\('(\w+)'\)\s*\}\}`)
)

func (s shipped) dbt(t *testing.T) {
	compile := func(file string) string {
		return dbtSource.ReplaceAllString(dbtConfig.ReplaceAllString(shippedFile(t, file), ""), "bi.$1")
	}
	for _, file := range shippedFiles(t, "../../deploy/dbt/models/*.sql") {
		s.run(t, file, dbtRef.ReplaceAllStringFunc(compile(file), func(ref string) string {
			return "(" + compile("../../deploy/dbt/models/"+dbtRef.FindStringSubmatch(ref)[1]+".sql") + ")"
		}))
	}
}

// dashboard is what a test has to know of one of Grafana's.
type dashboard struct {
	UID        string `json:"uid"`
	Title      string `json:"title"`
	Templating struct {
		List []struct{ Name, Type, Query string }
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type panel struct {
	ID         int        `json:"id"`
	Title      string     `json:"title"`
	Type       string     `json:"type"`
	Datasource datasource `json:"datasource"`
	GridPos    struct{ X, Y, W, H int }
	Targets    []struct {
		Datasource datasource `json:"datasource"`
		Format     int        `json:"format"`
		RawSQL     string     `json:"rawSql"`
	} `json:"targets"`
	FieldConfig struct {
		Overrides []struct{ Matcher struct{ ID, Options string } } `json:"overrides"`
	} `json:"fieldConfig"`
}

type datasource struct{ Type, UID string }

func (s shipped) grafana(t *testing.T) {
	files := shippedFiles(t, "../../deploy/grafana/dashboards/*.json")
	if len(files) != 3 {
		t.Errorf("%d dashboards, want business, experiments and pipeline", len(files))
	}
	for _, file := range files {
		var d dashboard
		must(t, json.Unmarshal([]byte(shippedFile(t, file)), &d, json.MatchCaseInsensitiveNames(true)))
		for _, v := range d.Templating.List {
			if v.Type == "query" {
				s.run(t, file+": variable "+v.Name, v.Query)
			}
		}
		for i, p := range d.Panels {
			name := file + ": " + p.Title
			if !hasHan(p.Title) || !strings.ContainsFunc(p.Title, func(r rune) bool { return r < unicode.MaxASCII && unicode.IsLetter(r) }) {
				t.Errorf("%s is not said in Chinese and English", name)
			}
			for _, q := range d.Panels[:i] {
				if p.ID == q.ID || p.GridPos.X < q.GridPos.X+q.GridPos.W && q.GridPos.X < p.GridPos.X+p.GridPos.W && p.GridPos.Y < q.GridPos.Y+q.GridPos.H && q.GridPos.Y < p.GridPos.Y+p.GridPos.H {
					t.Errorf("%s lies on %s, or has its id", name, q.Title)
				}
			}
			s.panel(t, name, p)
		}
	}
}

func (s shipped) panel(t *testing.T, name string, p panel) {
	t.Helper()
	variable := datasource{"grafana-clickhouse-datasource", "${datasource}"}
	for _, target := range p.Targets {
		if target.Datasource != variable || p.Datasource != variable {
			t.Errorf("%s names a data source of its own: %v", name, target.Datasource)
		}
		columns, types := s.run(t, name, target.RawSQL)
		if target.Format == 0 && (len(columns) < 2 || columns[0] != "time" || !strings.HasPrefix(types[0], "DateTime")) {
			t.Errorf("%s is a time series of %v %v, want a time first", name, columns, types)
		}
		for _, o := range p.FieldConfig.Overrides {
			if !slices.Contains(columns, o.Matcher.Options) {
				t.Errorf("%s formats the column %s, which is none of %v", name, o.Matcher.Options, columns)
			}
		}
	}
	if len(p.Targets) == 0 {
		t.Errorf("%s asks nothing", name)
	}
}

var grafanaMacro = regexp.MustCompile(`\$__(\w+)\(([\w.]+)\)`)

// grafanaFilters expands the macros and variables of Grafana's plugin for
// ClickHouse as it does, over the two weeks before a moment.
func grafanaFilters(sql, to string) string {
	from := "toDateTime('" + to + "', 'UTC') - INTERVAL 14 DAY"
	sql = strings.NewReplacer("${shop:singlequote}", "'small'", "${experiment:singlequote}", "'greeting'").Replace(sql)
	return grafanaMacro.ReplaceAllStringFunc(sql, func(macro string) string {
		m := grafanaMacro.FindStringSubmatch(macro)
		switch m[1] {
		case "dateFilter":
			return m[2] + " >= toDate(" + from + ") AND " + m[2] + " <= toDate('" + to + "')"
		case "timeFilter":
			return m[2] + " >= " + from + " AND " + m[2] + " <= toDateTime('" + to + "', 'UTC')"
		case "timeInterval":
			return "toStartOfInterval(toDateTime(" + m[2] + "), INTERVAL 3600 second)"
		}
		return macro // and the server refuses it
	})
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func shippedFiles(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	must(t, err)
	if len(found) == 0 {
		t.Fatalf("there is no %s", pattern)
	}
	return found
}

func shippedFile(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	must(t, err)
	return string(b)
}
