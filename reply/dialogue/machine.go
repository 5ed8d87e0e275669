package dialogue

// State is where a dialogue stands.
type State string

// The states.
const (
	Idle      State = "IDLE"
	Logistics State = "LOGISTICS" // a shipping fee is asked for
	Address   State = "ADDRESS"   // an address is to be changed
	Complete  State = "COMPLETE"  // for one turn
)

// Event is what a text does to a dialogue.
type Event string

// The events.
const (
	AskFee        Event = "查询运费"
	ChangeAddress Event = "修改地址"
	Confirm       Event = "确认"
	Cancel        Event = "取消"
)

// transitions are the table. What it does not name changes nothing.
var transitions = map[State]map[Event]State{
	Idle:      {AskFee: Logistics, ChangeAddress: Address},
	Logistics: {Confirm: Complete, Cancel: Idle},
	Address:   {Confirm: Complete, Cancel: Idle},
}

// Next is the state after an event, "" for none, and whether the table has
// it. A complete dialogue is idle again at its next turn.
func Next(s State, e Event) (State, bool) {
	if s == Complete {
		s = Idle
	}
	if to, ok := transitions[s][e]; ok {
		return to, true
	}
	return s, false
}

// memory is what is known of a conversation.
type memory struct {
	state  State
	slots  Slots
	topic  topic
	asked  []option // that the last reply asked back about
	chosen string   // of those, by the last text
	spoke  bool     // the machine has the reply to the last text
	was    State    // before the last text
	texts  []string
}

func remember(before []Round, read Reader) *memory {
	m := &memory{state: Idle}
	for _, r := range before {
		m.hear(r.Question, read)
		m.asked = asks(r, read)
	}
	return m
}

// hear takes the next text in and says what it tells.
func (m *memory) hear(text string, read Reader) (scored scored) {
	scored = read.Score(text)
	m.was, m.spoke, m.chosen = m.state, false, ""
	if m.state == Complete {
		m.state, m.was = Idle, Idle
	}
	if m.shifts(text, scored) {
		m.state, m.was, m.slots = Idle, Idle, Slots{Order: m.slots.Order}
	}
	if m.chosen = choice(m.asked, text, scored); m.chosen != "" {
		scored.Intent, scored.IntentPath, scored.IntentConfidence = m.chosen, pathOf(m.chosen), 1
	}
	m.asked = nil
	filled := m.slots.fill(text, scored.Entities)
	if to, moved := Next(m.state, eventOf(text)); moved {
		m.state, m.spoke = to, true
	} else if m.state == Address && filled.address+filled.order+filled.phone > 0 || m.state == Logistics && filled.place > 0 {
		m.spoke = true // the text brings what was asked for
	}
	m.topic.follow(text, scored)
	m.texts = append(m.texts, text)
	return scored
}
