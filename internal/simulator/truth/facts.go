package truth

import "askbuy/schemas/event"

// facts fills the tables that repeat the events themselves, test traffic
// included.
func facts(all []*event.Event, scores Scores) *Tables {
	t := &Tables{}
	for _, e := range all {
		switch e.Type {
		case event.TypeMessage:
			t.Messages = append(t.Messages, message(e, scores))
		case event.TypeBehavior:
			t.Behaviors = append(t.Behaviors, Behavior{
				ShopID: e.ShopID, UserID: e.UserID, EventID: e.ID, TS: Millis(e.TS), IsTest: flag(e.Test),
				Name: e.Name, ItemID: e.ItemID, PageID: e.PageID, Category: e.Category, DwellMS: e.DwellMS})
		case event.TypeExposure:
			t.Exposures = append(t.Exposures, Exposure{
				ShopID: e.ShopID, UserID: e.UserID, EventID: e.ID, TS: Millis(e.TS), IsTest: flag(e.Test),
				Experiment: e.Experiment, Variant: e.Variant, ConvID: e.ConvID})
		case event.TypeFeedback:
			t.Feedback = append(t.Feedback, feedback(e))
		}
	}
	return t
}

func message(e *event.Event, scores Scores) Message {
	m := Message{
		ShopID: e.ShopID, ConvID: e.ConvID, EventID: e.ID, UserID: e.UserID, BotID: e.BotID,
		FromRole: string(e.From), Text: e.Text, TS: Millis(e.TS), Channel: e.Channel, IsTest: flag(isTest(e))}
	if !isScored(e) {
		return m
	}
	if s, ok := scores[scoreKey(e)]; ok {
		m.Act, m.Intent, m.ModelID = s.Act, s.Intent, s.ModelID
		m.Evidence, m.BuyScore, m.POrder = &s.Evidence, &s.BuyScore, &s.POrder
	}
	return m
}

func isScored(e *event.Event) bool { return e.From == event.RoleUser && !isTest(e) }

func scoreKey(e *event.Event) ScoreKey { return ScoreKey{e.ShopID, e.UserID, e.ID} }

func feedback(e *event.Event) Feedback {
	f := Feedback{ShopID: e.ShopID, UserID: e.UserID, EventID: e.ID, TS: Millis(e.TS),
		IsTest: flag(e.Test), ConvID: e.ConvID, Rating: e.Rating}
	if e.Resolved != nil {
		resolved := flag(*e.Resolved)
		f.Resolved = &resolved
	}
	return f
}
