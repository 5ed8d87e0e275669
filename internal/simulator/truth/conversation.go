package truth

import (
	"slices"
	"sort"

	"askbuy/schemas/event"
)

// conversation is a row in the making, and the user's messages in it: what
// touches and carts are found by.
type conversation struct {
	row    Conversation
	user   []*event.Event // in the order of messages
	scores []*Score       // of user, nil where there is none
}

// converse makes the conversations out of all events that count, in time order.
func (d *derivation) converse(live []*event.Event) {
	d.convs = map[convKey]*conversation{}
	d.byShopper = map[event.Shopper][]*conversation{}
	for _, e := range live {
		if e.Type != event.TypeMessage {
			continue
		}
		key := convKey{e.ShopID, e.UserID, e.ConvID}
		c := d.convs[key]
		if c == nil {
			c = d.open(e)
			d.convs[key] = c
			d.byShopper[e.Shopper()] = append(d.byShopper[e.Shopper()], c)
		}
		c.add(e, d.scores)
	}
	for _, e := range live {
		if c := d.convs[convKey{e.ShopID, e.UserID, e.ConvID}]; c != nil && e.Type == event.TypeHandoff {
			c.row.HandedOff = flag(true)
		}
	}
	for _, c := range d.convs {
		c.judge()
	}
}

// open starts a conversation with its earliest message.
func (d *derivation) open(e *event.Event) *conversation {
	return &conversation{row: Conversation{
		ShopID: e.ShopID, ConvID: e.ConvID, UserID: e.UserID, Channel: e.Channel,
		CohortDate: day(e.TS, d.zone(e.ShopID)), StartedAt: Millis(e.TS), IntentPath: []string{}}}
}

func (c *conversation) add(e *event.Event, scores Scores) {
	c.row.LastMessageAt = Millis(e.TS)
	if c.row.BotID == "" {
		c.row.BotID = e.BotID
	}
	switch e.From {
	case event.RoleBot:
		c.row.BotMessages++
	case event.RoleAgent:
		c.row.AgentMessages++
	case event.RoleUser:
		c.row.UserMessages++
		var score *Score
		if s, ok := scores[scoreKey(e)]; ok {
			score = &s
		}
		c.user, c.scores = append(c.user, e), append(c.scores, score)
	}
}

// judge fills the columns that follow from the messages' scores.
func (c *conversation) judge() {
	var strongest *Score
	for i, s := range c.scores {
		if s == nil {
			continue
		}
		if strongest == nil || s.Evidence > strongest.Evidence {
			strongest = s
		}
		if c.row.BuyScorePeak == nil || s.BuyScore > *c.row.BuyScorePeak {
			c.row.BuyScorePeak = &s.BuyScore
		}
		if c.row.HighIntentAt == nil && s.BuyScore >= HighIntent {
			at := Millis(c.user[i].TS)
			c.row.HighIntentAt = &at
		}
	}
	if strongest == nil {
		return
	}
	c.row.Intent, c.row.IntentPath = strongest.Intent, strongest.IntentPath
	if last := c.scores[len(c.scores)-1]; last != nil {
		c.row.BuyScore, c.row.POrder, c.row.ModelID = &last.BuyScore, &last.POrder, last.ModelID
		c.row.IntentLevel = "low"
		if last.BuyScore >= HighIntent {
			c.row.IntentLevel = "high"
		}
	}
}

// lastBefore is the index of the latest user message at or before a time, -1
// when there is none.
func (c *conversation) lastBefore(at int64) int {
	return sort.Search(len(c.user), func(i int) bool { return c.user[i].TS > at }) - 1
}

// percentiles fills score_percentile: the share of the shop's scored
// conversations whose latest score is lower.
func percentiles(rows []Conversation) {
	scores := map[string][]float64{}
	for i := range rows {
		if s := rows[i].BuyScore; s != nil {
			scores[rows[i].ShopID] = append(scores[rows[i].ShopID], *s)
		}
	}
	for _, s := range scores {
		slices.Sort(s)
	}
	for i := range rows {
		if s := rows[i].BuyScore; s != nil {
			of := scores[rows[i].ShopID]
			share := float64(sort.SearchFloat64s(of, *s)) / float64(len(of))
			rows[i].ScorePercentile = &share
		}
	}
}

// expose fills the experiment of conversations that exactly one exposed.
func (d *derivation) expose(live []*event.Event) {
	seen := map[convKey]map[string]string{} // experiment to its first variant
	for _, e := range live {
		key := convKey{e.ShopID, e.UserID, e.ConvID}
		if e.Type != event.TypeExposure || d.convs[key] == nil {
			continue
		}
		if seen[key] == nil {
			seen[key] = map[string]string{}
		}
		if _, ok := seen[key][e.Experiment]; !ok {
			seen[key][e.Experiment] = e.Variant
		}
	}
	for key, experiments := range seen {
		if len(experiments) != 1 {
			continue
		}
		row := &d.convs[key].row
		for row.Experiment, row.Variant = range experiments {
		}
	}
}
