package pipeline

import (
	"context"
	"fmt"
	"testing"
	"time"

	"askbuy/internal/wait"
)

// What the judgement missed is mended by the hourly pass of a running
// installation: receipts, facts and letters are as they were.
func TestHourlyPassCorrects(t *testing.T) {
	c := testConfig(t.TempDir())
	c.HourlyEvery = time.Second
	i := start(t, c)
	i.postEvents(t, past("u1", "u2", time.Now().Add(-3*time.Hour).UnixMilli()))
	i.drained(t)
	i.explained(t)
	accounts := func() string {
		_, _, rows, err := i.db.Query(t.Context(), `SELECT (SELECT groupArray((topic, raw_partition, raw_position, outcome)) FROM (SELECT * FROM askbuy.receipts FINAL ORDER BY topic, raw_partition, raw_position)) AS receipts,
			(SELECT groupArray((event_id, text, raw_position)) FROM (SELECT * FROM askbuy.messages FINAL ORDER BY event_id)) AS facts,
			(SELECT groupArray((id, reason, topic, partition, position)) FROM (SELECT * FROM askbuy.dead_letters FINAL ORDER BY id, position)) AS letters`, nil)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(rows[0])
	}
	for _, table := range []string{"receipts", "messages"} { // what is young is left alone
		i.exec(t, "ALTER TABLE askbuy."+table+" UPDATE received_at = received_at - 3600 WHERE 1")
	}
	right := accounts()
	i.exec(t, "ALTER TABLE askbuy.receipts UPDATE outcome = 'stored' WHERE outcome = 'conflict'")
	i.exec(t, "ALTER TABLE askbuy.messages DELETE WHERE from_role = 'bot'")
	i.exec(t, "ALTER TABLE askbuy.dead_letters DELETE WHERE reason = 'conflict'")
	if accounts() == right {
		t.Fatal("nothing was planted")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for accounts() != right {
		if err := wait.For(ctx, 200*time.Millisecond); err != nil {
			t.Fatalf("the accounts are\n%s\nwant\n%s", accounts(), right)
		}
	}
}
