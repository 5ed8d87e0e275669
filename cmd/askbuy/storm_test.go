package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"askbuy/report"
)

// conversations is how many a storm has: more of them when the environment
// asks for a soak.
func conversations(t *testing.T, usual int) string {
	t.Helper()
	soak := os.Getenv("SOAK_CONVERSATIONS")
	if soak == "" {
		return strconv.Itoa(usual)
	}
	if _, err := strconv.Atoi(soak); err != nil {
		t.Fatalf("SOAK_CONVERSATIONS: %v", err)
	}
	return soak
}

// checks are what verify has to name, row for row.
var checks = []string{
	"messages", "scores", "conversations", "orders", "order_items", "touches", "attribution_models", "attribution", "funnel_daily",
	"behaviors", "exposures", "feedback", "shops", "money", "dead_letters", "ledger", "personal_data",
}

// verified sees that the reports say what the truth says, and that nothing is
// lost.
func (i *instance) verified(truth string) {
	i.t.Helper()
	p := i.ask("verify", "--truth", truth).wants(exitDone)
	for _, check := range checks {
		if !regexp.MustCompile(`(?m)^` + check + ` +\d+ +none$`).MatchString(p.out.String()) {
			i.t.Errorf("verify does not name the check %q:\n%s", check, p.out)
		}
	}
	var ledger report.LedgerReport
	i.report(&ledger, "ledger")
	if ledger.Total.Records == 0 || ledger.Total.Unexplained != 0 || ledger.Total.InFlight != 0 || !ledger.NothingLost {
		i.t.Errorf("the ledger does not close: %+v", ledger.Total)
	}
	i.settled()
}

// Whatever senders do at their worst, and although the process is killed twice
// while they do it, the reports say what is true.
func TestStormWithTwoKills(t *testing.T) {
	t.Parallel()
	i, truth := start(t), t.TempDir()
	storm := i.begin("simulate", "--seed", "7", "--conversations", conversations(t, 400), "--noise", "storm", "--truth", truth)
	for _, mark := range []string{"posted 30%", "posted 60%"} {
		if err := storm.await(storm.err, mark); err != nil {
			t.Fatalf("simulate: %v before %q\n%s", err, mark, storm.err)
		}
		i.kill()
		i.again()
	}
	storm.wants(exitDone)
	if strings.Contains(storm.out.String(), " 0 repeated") {
		t.Errorf("the sender never noticed that the door was gone: %s", storm.out)
	}
	i.verified(truth)
}

// A stop in the middle of a storm is in good order: the process says so with
// exit code 0, and the next one goes on where it ended.
func TestStopInAStorm(t *testing.T) {
	t.Parallel()
	i, truth := start(t), t.TempDir()
	storm := i.begin("simulate", "--seed", "8", "--conversations", conversations(t, 200), "--noise", "storm", "--truth", truth)
	if err := storm.await(storm.err, "posted 40%"); err != nil {
		t.Fatalf("simulate: %v\n%s", err, storm.err)
	}
	i.stop()
	if p := i.ask("report", "funnel"); p.code != exitUsage || !strings.Contains(p.err.String(), "no instance is running") {
		t.Errorf("a stopped instance is still announced: exit %d, %s", p.code, p.err)
	}
	i.again()
	storm.wants(exitDone)
	i.verified(truth)
}
