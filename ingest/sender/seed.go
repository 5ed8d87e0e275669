package sender

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// Kind jwt, the seed's: a Bearer JWT (HS256), and one message a request. A
// token may be for one body only, by its claim body_sha256: one that leaks is
// then worth nothing.

const optBound = "bound" // "true": every token must be for one body

// Seed is the seed's sender.
type Seed struct {
	jwt    *JWT
	secret []byte // to sign with
	now    func() time.Time
}

// NewSeed verifies with the given tokens.
func NewSeed(jwt *JWT) *Seed { return &Seed{jwt: jwt} }

func newJWTKind(c Config) (*Sender, error) {
	keys, err := c.secretBytes(1)
	if err != nil {
		return nil, err
	}
	cfg := DefaultJWTConfig()
	cfg.Setting, cfg.Secrets, cfg.Lenient = "secrets", keys, c.Lenient
	switch bound := c.option(optBound, "false"); bound {
	case "true", "false":
		cfg.Bound = bound == "true"
	default:
		return nil, fmt.Errorf("options.%s: want true or false", optBound)
	}
	j, err := NewJWT(cfg, c.Now)
	if err != nil {
		return nil, err
	}
	return &Sender{Verifier: &Seed{j, keys[0], c.Now}, Mapper: NewSeedBody(c.option(optUser, defaultUser))}, nil
}

// Steps are those of Verify.
func (s *Seed) Steps() []Step { return []Step{StepHeaders, StepToken, StepBound} }

// Verify reads the request's token.
func (s *Seed) Verify(h http.Header) (ingest.Proof, error) {
	token, err := s.jwt.Verify(ingest.Bearer(h))
	if err != nil {
		return ingest.Proof{}, err
	}
	proof := ingest.Proof{Shop: token.Shop}
	if token.Body != nil {
		proof.Body = token.covers
	}
	return proof, nil
}

func (t Token) covers(body []byte) error {
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], t.Body) { // no secret: the token's holder knows both
		return &Denied{StepBound, "the token's body_sha256 is of another body"}
	}
	return nil
}

// Sign adds a token of five minutes that is for this body.
func (s *Seed) Sign(h http.Header, body []byte) error {
	sum := sha256.Sum256(body)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"exp": s.now().Add(tolerance).Unix(), "body_sha256": hex.EncodeToString(sum[:]),
	}).SignedString(s.secret)
	h.Set("Authorization", "Bearer "+token)
	return err
}

// seedShape is the seed's body: user_id, text and conversation_id, and
// optionally the rest. Its messages are of channel coze.
var seedShape = ingest.Shape{
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

// SeedBody maps the seed's body and, because a bot's workflow may post them as
// they are, the objects of Coze's chat v3.
type SeedBody struct{ chat chatMapper }

// NewSeedBody finds a chat object's user in the named member of its meta_data.
func NewSeedBody(userAttribute string) SeedBody { return SeedBody{chatMapper{userAttribute}} }

// Map reads one message.
func (s SeedBody) Map(d ingest.Delivery) ingest.Mapped {
	m := seedShape.Map(d)
	if f := m.Items[0].Fault; f != nil && f.Reason == event.ReasonMissingField && looksLikeChat(d.Body) {
		return s.chat.Map(d)
	}
	return m
}

// looksLikeChat reports whether an object has what every object of chat v3
// has, or is a callback around one.
func looksLikeChat(body []byte) bool {
	var o struct {
		Header jsontext.Value `json:"header"`
		Event  jsontext.Value `json:"event"`
		Role   jsontext.Value `json:"role"`
		Status jsontext.Value `json:"status"`
		Conv   jsontext.Value `json:"conversation_id"`
	}
	if json.Unmarshal(body, &o) != nil {
		return false
	}
	return o.Header != nil && o.Event != nil || o.Conv != nil && (o.Role != nil || o.Status != nil)
}

// CozeShape is the seed's body alone.
func CozeShape() ingest.Shape { return seedShape }
