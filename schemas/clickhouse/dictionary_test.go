package warehouse_test

import (
	"fmt"
	"strings"
	"testing"

	"askbuy/schemas"
)

// dictionaryPage is one language of the dictionary.
type dictionaryPage struct {
	file, head, column, kind, meaning string
	say                               func(comment string) string
}

// TestDictionary holds docs/dictionary.md and dictionary.zh-CN.md to what the
// server tells of the views: go test -update writes them anew. Every comment
// has its meaning in Chinese, and no meaning is of a comment that is gone.
func TestDictionary(t *testing.T) {
	db := fresh(t)
	stale := map[string]bool{}
	for _, comment := range schemas.ChineseComments() {
		stale[comment] = true
	}
	inChinese := func(comment string) string {
		meaning, known := schemas.InChinese(comment)
		if delete(stale, comment); !known {
			t.Errorf("schemas/dictionary.zh.json does not say in Chinese: %s", comment)
		}
		return meaning
	}
	for _, page := range []dictionaryPage{
		{"../../docs/dictionary.md", `# Data dictionary

Every view of database ` + "`bi`" + ` and every column, from the comments that BI tools show as well: this page is generated (` + "`go test ./schemas/clickhouse -run TestDictionary -update`" + `). Times are UTC, days are in the time zone of the shop, amounts in its reporting currency unless said otherwise, rates are NULL when there is nothing to measure. Words are explained in [scores.md](scores.md), access in [bi.md](bi.md). 中文:[dictionary.zh-CN.md](dictionary.zh-CN.md).
`, "column", "type", "meaning", func(comment string) string { return comment }},
		{"../../docs/dictionary.zh-CN.md", `# 数据字典

数据库 ` + "`bi`" + ` 的每个视图与每一列;本页由视图的注释及其译文(schemas/dictionary.zh.json)生成(` + "`go test ./schemas/clickhouse -run TestDictionary -update`" + `)。时间为 UTC,日期按店铺时区,金额以店铺结算币种计(另有说明除外),没有可度量者时比率为 NULL。用语见 [scores.md](scores.md),访问见 [bi.zh-CN.md](bi.zh-CN.md)。English: [dictionary.md](dictionary.md).
`, "列", "类型", "含义", inChinese},
	} {
		var b strings.Builder
		b.WriteString(page.head)
		cell := strings.NewReplacer("|", `\|`, "\n", " ")
		_, _, views, err := db.Query(t.Context(), "SELECT name, comment FROM system.tables WHERE database = 'bi' ORDER BY name", nil)
		must(t, err)
		for _, view := range views {
			name, comment := view[0].(string), view[1].(string)
			fmt.Fprintf(&b, "\n## bi.%s\n\n%s\n", name, page.say(comment))
			_, _, columns, err := db.Query(t.Context(), "SELECT name, type, comment FROM system.columns WHERE database = 'bi' AND table = {view:String} ORDER BY position", map[string]any{"view": name})
			must(t, err)
			if len(columns) > 0 {
				fmt.Fprintf(&b, "\n| %s | %s | %s |\n|---|---|---|\n", page.column, page.kind, page.meaning)
			}
			for _, c := range columns {
				fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", c[0], cell.Replace(c[1].(string)), cell.Replace(page.say(c[2].(string))))
			}
		}
		kept(t, page.file, b.String())
	}
	for comment := range stale {
		t.Errorf("schemas/dictionary.zh.json translates what no view says: %s", comment)
	}
}
