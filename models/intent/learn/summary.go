package learn

import (
	"fmt"
	"strings"
	"time"

	"askbuy/models/intent"
)

// Summary tells people what a bundle was learned from, and how good it is on
// what was held out.
func Summary(m intent.Manifest) string {
	var b strings.Builder
	if f := m.Training.Facts; f != nil {
		fmt.Fprintf(&b, "learned from:  %d conversations (%d of them open), %d messages, %d with an order kept, %d shops, up to %s\n",
			f.Conversations, f.Open, f.Messages, f.Orders, f.Shops, time.UnixMilli(f.Until).UTC().Format(time.RFC3339))
		if f.Share > 0 {
			fmt.Fprintf(&b, "sampled:       %.1f %% of all shoppers, for all of them do not fit into memory\n", 100*f.Share)
		}
		fmt.Fprintf(&b, "starting from: %s\n", f.Base)
	}
	q := m.Metrics
	fmt.Fprintf(&b, "held out:      AUC %.4f, Brier %.4f, ECE %.4f of p_order in %d conversations\n", q.AUC, q.Brier, q.ECE, q.Conversations)
	return b.String()
}
