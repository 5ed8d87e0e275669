package web_test

import (
	"fmt"
	"strings"
	"testing"

	"askbuy/web/webtest"
)

// A record without a receipt turns the light red on every page, with the
// number; once it is explained the light is green again.
func TestLossIsRed(t *testing.T) {
	base := serve(t)
	db := warehouse().db
	all := 5 * webtest.Conversations
	note := func(committed int) {
		t.Helper()
		for _, sql := range []string{
			fmt.Sprintf("INSERT INTO askbuy.offset_cuts VALUES ('messages', 0, 0, 0, %d, %d, now64(3))", committed, committed),
			"SYSTEM START VIEW askbuy.lights_refresh", "SYSTEM REFRESH VIEW askbuy.lights_refresh", "SYSTEM WAIT VIEW askbuy.lights_refresh", "SYSTEM STOP VIEW askbuy.lights_refresh",
		} {
			if err := db.Exec(t.Context(), sql, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	v := visit(t, base, "admin", password)
	const red = "3 records unexplained"
	note(all + 3)
	for _, path := range []string{"/?lang=en", "/pipeline?lang=en"} {
		if _, page := v.get(path); !strings.Contains(page, red) || strings.Contains(page, "nothing lost") {
			t.Errorf("%s does not say %q", path, red)
		}
	}
	note(all)
	if _, page := v.get("/?lang=en"); strings.Contains(page, red) || !strings.Contains(page, "nothing lost") {
		t.Error("the light stays red")
	}
}
