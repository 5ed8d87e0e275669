package sender

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// defaultUser is the attribute in which a shop's own user id is looked for.
const defaultUser = "user_id"

// chatMapper reads Coze's callbacks, and the message and chat objects of its
// chat v3, bare or within a callback. Completed questions and answers become
// messages, ended chats behaviours that keep what they cost; everything else
// (follow-ups, verbose notes, tool calls, bots published) is acknowledged and
// kept nowhere. Coze names no shopper: without one in meta_data it is
// conv:<conversation>.
type chatMapper struct{ userAttribute string }

// envelope is what Coze wraps its callbacks in.
type envelope struct {
	Header *struct {
		EventID   jsontext.Value `json:"event_id"`
		EventType string         `json:"event_type"`
		CreatedAt jsontext.Value `json:"created_at"` // ms
	} `json:"header"`
	Event jsontext.Value `json:"event"`
}

var (
	chatMessage = ingest.Shape{
		Names: map[string]ingest.Field{
			"id": ingest.FieldEventID, "conversation_id": ingest.FieldConvID, "user_id": ingest.FieldUserID, "role": ingest.FieldFrom,
			"content": ingest.FieldText, "bot_id": ingest.FieldBotID, "created_at": ingest.FieldTS, // s
		},
		Type: event.TypeMessage, Channel: "coze",
	}
	chatEnd = ingest.Shape{
		Names: map[string]ingest.Field{
			"id": ingest.FieldEventID, "conversation_id": ingest.FieldConvID, "user_id": ingest.FieldUserID, "created_at": ingest.FieldTS,
		},
		Type: event.TypeBehavior,
	}
	chatBill = ingest.Shape{
		Names: map[string]ingest.Field{"id": ingest.FieldEventID, "connector_uid": ingest.FieldUserID, "consume_time": ingest.FieldTS}, // s
		Type:  event.TypeBehavior,
	}
)

func (m chatMapper) Map(d ingest.Delivery) ingest.Mapped {
	e := envelope{}
	if f := parse(d.Body, &e); f != nil {
		return ingest.Malformed(d, event.TypeMessage, f)
	}
	object := jsontext.Value(d.Body)
	if e.Header != nil && e.Event != nil {
		object = e.Event
	} else {
		e.Header = nil // a bare object may have members of these names
	}
	var tell struct {
		Conv   jsontext.Value `json:"conversation_id"`
		Role   jsontext.Value `json:"role"`
		Status jsontext.Value `json:"status"`
		Type   jsontext.Value `json:"type"`
	}
	if f := parse(object, &tell); f != nil {
		return ingest.Malformed(d, event.TypeMessage, f)
	}
	switch {
	case tell.Conv != nil && tell.Role != nil:
		return m.message(d, &e, object, ingest.TextOf(tell.Type), ingest.TextOf(tell.Status))
	case tell.Conv != nil && tell.Status != nil:
		return m.chat(d, &e, object, ingest.TextOf(tell.Status))
	case e.Header == nil:
		return ingest.Malformed(d, event.TypeMessage, &ingest.Fault{Reason: event.ReasonMalformed, Detail: "body: neither a callback nor a message or chat object"})
	case e.Header.EventType == "benefit.usage":
		return m.bill(d, &e, object)
	}
	return ingest.Mapped{Ignored: "callbacks of this event_type tell nothing of shoppers"}
}

func (m chatMapper) message(d ingest.Delivery, e *envelope, object []byte, kind, status string) ingest.Mapped {
	switch {
	case kind != "question" && kind != "answer":
		return ingest.Mapped{Ignored: "the message's type is neither question nor answer"}
	case status != "" && status != "completed", !e.completed("message."):
		return ingest.Mapped{Ignored: "the message is not completed"}
	}
	draft, f := ingest.OpenDraft(&chatMessage, object)
	if f != nil {
		return ingest.Malformed(d, event.TypeMessage, f)
	}
	switch ingest.TextOf(draft.Get(ingest.FieldFrom)) {
	case "user":
		draft.SetText(ingest.FieldFrom, string(event.RoleUser))
	case "assistant":
		draft.SetText(ingest.FieldFrom, string(event.RoleBot))
	default:
		draft.Fail(event.ReasonBadField, ingest.FieldFrom, "want user or assistant")
	}
	if kind := ingest.TextOf(draft.Attr("content_type")); kind != "" && kind != "text" {
		content := draft.Get(ingest.FieldText)
		draft.SetAttr("content", content)
		draft.SetText(ingest.FieldText, spoken(kind, ingest.TextOf(content)))
	}
	m.complete(draft, e, "message_id")
	return ingest.Mapped{Items: []ingest.Item{draft.Item(d)}}
}

// completed reports whether the callback, when there is one and it is about
// such things, says that the thing is whole.
func (e *envelope) completed(things string) bool {
	return e.Header == nil || !strings.Contains(e.Header.EventType, things) || strings.HasSuffix(e.Header.EventType, ".completed")
}

// spoken is what a message of several parts says in words. Cards and sounds
// say nothing; their content stays in attrs.
func spoken(contentType, content string) string {
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if contentType != "object_string" || json.Unmarshal([]byte(content), &parts) != nil {
		return ""
	}
	var words []string
	for _, part := range parts {
		if part.Type == "text" {
			words = append(words, part.Text)
		}
	}
	return strings.Join(words, "\n")
}

// chat keeps how a chat ended and its usage of tokens, which is its cost.
func (m chatMapper) chat(d ingest.Delivery, e *envelope, object []byte, status string) ingest.Mapped {
	switch status {
	case "completed", "failed", "requires_action", "canceled":
	default:
		return ingest.Mapped{Ignored: "the chat has not ended"}
	}
	draft, f := ingest.OpenDraft(&chatEnd, object)
	if f != nil {
		return ingest.Malformed(d, event.TypeBehavior, f)
	}
	draft.SetText(ingest.FieldName, "chat_"+status)
	for _, end := range [...]string{"completed_at", "failed_at"} {
		if at := draft.Attr(end); string(at) != "0" {
			draft.Set(ingest.FieldTS, at)
		}
	}
	id := draft.Get(ingest.FieldEventID)
	m.complete(draft, e, "chat_id")
	if e.Header == nil && id != nil {
		draft.SetText(ingest.FieldEventID, idText(id)+":"+status)
	}
	return ingest.Mapped{Items: []ingest.Item{draft.Item(d)}}
}

// bill keeps what a conversation cost by Coze's own account.
func (m chatMapper) bill(d ingest.Delivery, e *envelope, object []byte) ingest.Mapped {
	draft, f := ingest.OpenDraft(&chatBill, object)
	if f != nil {
		return ingest.Malformed(d, event.TypeBehavior, f)
	}
	if draft.Get(ingest.FieldUserID) == nil {
		return ingest.Mapped{Ignored: "the bill names no shopper"}
	}
	draft.SetText(ingest.FieldName, "token_usage")
	m.complete(draft, e, "bill_id")
	return ingest.Mapped{Items: []ingest.Item{draft.Item(d)}}
}

// complete names the shopper, and takes id and time from the callback. The
// object's own id is then kept in attrs.
func (m chatMapper) complete(draft *ingest.Draft, e *envelope, idName string) {
	if user := member(draft.Attr("meta_data"), m.userAttribute); user != nil {
		draft.Set(ingest.FieldUserID, user)
	}
	if conv := idText(draft.Get(ingest.FieldConvID)); conv != "" && draft.Get(ingest.FieldUserID) == nil {
		draft.SetText(ingest.FieldUserID, "conv:"+conv)
	}
	if e.Header != nil || idName == "chat_id" {
		draft.SetAttr(idName, draft.Get(ingest.FieldEventID))
	}
	if e.Header == nil {
		return
	}
	draft.Clear(ingest.FieldEventID)
	draft.Set(ingest.FieldEventID, e.Header.EventID)
	if draft.Get(ingest.FieldTS) == nil {
		draft.Set(ingest.FieldTS, e.Header.CreatedAt)
	}
}
