package questions

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

func answerOf(rows ...[]any) *Answer {
	return &Answer{
		Question: Question{Name: "q", Pages: true, Columns: []Column{{Name: "id", Unit: ID}, {Name: "n", Unit: Count}, {Name: "rate", Unit: Share}, {Name: "amount", Unit: Money}, {Name: "at", Unit: Time}, {Name: "day", Unit: Day}, {Name: "terms", Unit: Terms}}},
		Args:     Args{"limit": "2", "page": "1", "shop_id": "s1"}, Statement: Statement{SQL: "SELECT {shop_id:String}", Params: []Bound{{"shop_id", "String", "s'1"}}}, Rows: rows,
	}
}

var (
	noonUTC = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	filled  = []any{"7347000000000000001", uint64(3), 0.5, decimal.New(1230, -2), noonUTC, noonUTC, map[string]float64{"b": 1, "a": 2}}
	empty   = []any{"=cmd()", uint64(0), math.NaN(), nil, nil, "2026-11-20", map[string]float64{}}
)

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	must(t, answerOf(filled, empty).JSON(&b))
	want := `{"question":"q","arguments":{"limit":"2","page":"1","shop_id":"s1"},"columns":[{"name":"id","unit":"id","about":""},{"name":"n","unit":"count","about":""},{"name":"rate","unit":"share","about":""},{"name":"amount","unit":"money","about":""},{"name":"at","unit":"time","about":""},{"name":"day","unit":"day","about":""},{"name":"terms","unit":"terms","about":""}],` +
		`"rows":[{"id":"7347000000000000001","n":3,"rate":0.5,"amount":"12.30","at":"2026-11-20T12:00:00.000Z","day":"2026-11-20","terms":{"a":2,"b":1}},{"id":"=cmd()","n":0,"rate":null,"amount":null,"at":null,"day":"2026-11-20","terms":{}}],` +
		`"next":"limit=2&page=2&shop_id=s1","sql":"SELECT 's\\'1'"}`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	must(t, answerOf().JSON(&b))
	if bytes.Contains(b.Bytes(), []byte(`"next"`)) || !bytes.Contains(b.Bytes(), []byte(`"rows":[]`)) {
		t.Errorf("no rows: %s", b.String())
	}
}

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	must(t, answerOf(filled, empty).CSV(&b))
	want := "\ufeffid,n,rate,amount,at,day,terms\r\n" + `7347000000000000001,3,0.5,12.30,2026-11-20T12:00:00.000Z,2026-11-20,"{""a"":2,""b"":1}"` + "\r\n" + `'=cmd(),0,,,,2026-11-20,{}` + "\r\n"
	if b.String() != want {
		t.Errorf("%q\nwant\n%q", b.String(), want)
	}
}
