package sender

import (
	"net/http"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// Coze is the seed's sender: a Bearer JWT, and one message a request.
type Coze struct{ jwt *JWT }

// NewCoze verifies with the given tokens.
func NewCoze(jwt *JWT) *Coze { return &Coze{jwt} }

// Verify reads the request's token; the shop is "" when the token names none.
func (c *Coze) Verify(h http.Header) (shop string, err error) { return c.jwt.Verify(ingest.Bearer(h)) }

// CozeShape is the body of POST /coze: user_id, text and conversation_id, and
// optionally the rest. Its messages are of channel coze.
func CozeShape() ingest.Shape {
	return ingest.Shape{
		Names: map[string]ingest.Field{
			"user_id":         ingest.FieldUserID,
			"text":            ingest.FieldText,
			"conversation_id": ingest.FieldConvID,
			"message_id":      ingest.FieldEventID,
			"shop_id":         ingest.FieldShopID,
			"shopId":          ingest.FieldShopIDCamel,
			"ts":              ingest.FieldTS,
			"from":            ingest.FieldFrom,
			"bot_id":          ingest.FieldBotID,
			"test":            ingest.FieldTest,
		},
		Type:    event.TypeMessage,
		Role:    event.RoleUser,
		Channel: "coze",
		WeakID:  true,
	}
}
