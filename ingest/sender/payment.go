package sender

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// Kind wechatpay, the mapper. The names of events are those of the business,
// transaction and refund, because the vendor may tell of one thing in several
// notifications. What the merchant attached to a payment, when it is an object
// (at most 128 bytes), may name the shop's own user and the conversation.

type weChatMapper struct {
	keys       [][]byte // AES-GCM
	conv, user string   // members of attach
}

type weChatNotification struct {
	EventType string `json:"event_type"`
	Resource  struct {
		Algorithm      string `json:"algorithm"`
		Ciphertext     string `json:"ciphertext"`
		AssociatedData string `json:"associated_data"`
		Nonce          string `json:"nonce"`
	} `json:"resource"`
}

type weChatThing struct {
	TransactionID jsontext.Value `json:"transaction_id"`
	OutTradeNo    jsontext.Value `json:"out_trade_no"`
	TradeState    string         `json:"trade_state"`
	TradeType     jsontext.Value `json:"trade_type"`
	SuccessTime   jsontext.Value `json:"success_time"`
	Attach        jsontext.Value `json:"attach"`
	Payer         struct {
		OpenID jsontext.Value `json:"openid"`
	} `json:"payer"`
	RefundID     jsontext.Value `json:"refund_id"`
	RefundStatus string         `json:"refund_status"`
	Amount       struct {
		Total    jsontext.Value `json:"total"` // fen
		Refund   jsontext.Value `json:"refund"`
		Currency jsontext.Value `json:"currency"`
	} `json:"amount"`
}

var weChatShape = ingest.Shape{
	Names: map[string]ingest.Field{
		"transaction_id": ingest.FieldEventID, "out_trade_no": ingest.FieldOrderID, "success_time": ingest.FieldTS, "payer.openid": ingest.FieldUserID,
		"amount.total": ingest.FieldAmount, "amount.refund": ingest.FieldRefundAmount, "amount.currency": ingest.FieldCurrency, "refund_id": ingest.FieldRefundID,
	},
	Type: event.TypeOrder,
}

func (m weChatMapper) Map(d ingest.Delivery) ingest.Mapped {
	var n weChatNotification
	if f := parse(d.Body, &n); f != nil {
		return ingest.Malformed(d, event.TypeOrder, f)
	}
	payment := n.EventType == "TRANSACTION.SUCCESS"
	if !payment && n.EventType != "REFUND.SUCCESS" {
		return ingest.Mapped{Ignored: "no money has changed hands: neither TRANSACTION.SUCCESS nor REFUND.SUCCESS"}
	}
	plain, ok := m.open(&n)
	if !ok {
		return ingest.Malformed(d, event.TypeOrder, &ingest.Fault{Reason: event.ReasonMalformed, Detail: "resource: cannot be opened with the source's API v3 keys"})
	}
	var t weChatThing
	if f := parse(plain, &t); f != nil {
		return ingest.Malformed(d, event.TypeOrder, &ingest.Fault{Reason: event.ReasonMalformed, Detail: "resource: " + f.Detail})
	}
	draft := t.refund
	if payment {
		draft = func() *ingest.Draft { return t.payment(m) }
	}
	if state := given(quoted(t.TradeState), quoted(t.RefundStatus)); string(state) != `"SUCCESS"` {
		return ingest.Mapped{Ignored: "the state is not SUCCESS"}
	}
	return ingest.Mapped{Items: []ingest.Item{draft().Item(d)}}
}

func (t *weChatThing) payment(m weChatMapper) *ingest.Draft {
	draft := ingest.NewDraft(&weChatShape)
	draft.Set(ingest.FieldEventID, t.TransactionID)
	draft.SetText(ingest.FieldStatus, string(event.StatusPaid))
	draft.Set(ingest.FieldOrderID, t.OutTradeNo)
	attached := jsontext.Value(ingest.TextOf(t.Attach))
	draft.Set(ingest.FieldUserID, given(member(attached, m.user), t.Payer.OpenID))
	draft.Set(ingest.FieldConvID, member(attached, m.conv))
	draft.Set(ingest.FieldTS, t.SuccessTime)
	draft.Set(ingest.FieldCurrency, t.Amount.Currency)
	setFen(draft, ingest.FieldAmount, t.Amount.Total)
	draft.SetAttr("trade_type", t.TradeType)
	return draft
}

func (t *weChatThing) refund() *ingest.Draft {
	draft := ingest.NewDraft(&weChatShape)
	draft.Set(ingest.FieldEventID, t.RefundID)
	draft.SetText(ingest.FieldStatus, string(event.StatusRefunded))
	draft.Set(ingest.FieldOrderID, t.OutTradeNo)
	draft.Set(ingest.FieldRefundID, t.RefundID)
	draft.Set(ingest.FieldTS, t.SuccessTime)
	setFen(draft, ingest.FieldRefundAmount, t.Amount.Refund)
	return draft
}

// setFen gives a field an amount that is written in hundredths.
func setFen(draft *ingest.Draft, f ingest.Field, fen jsontext.Value) {
	if given(fen) == nil {
		return
	}
	n, err := strconv.ParseUint(string(fen), 10, 59) // at most 16 digits before the point
	if err != nil {
		draft.Fail(event.ReasonBadField, f, "want a whole number of fen")
		return
	}
	draft.SetText(f, event.Money(n).String())
}

// open decrypts what the notification tells, with whichever key fits.
func (m weChatMapper) open(n *weChatNotification) ([]byte, bool) {
	sealed, err := base64.StdEncoding.DecodeString(n.Resource.Ciphertext)
	if err != nil || n.Resource.Algorithm != "AEAD_AES_256_GCM" {
		return nil, false
	}
	for _, key := range m.keys {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, false // cannot be: keys have 32 bytes
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil || len(n.Resource.Nonce) != gcm.NonceSize() {
			return nil, false
		}
		if plain, err := gcm.Open(nil, []byte(n.Resource.Nonce), sealed, []byte(n.Resource.AssociatedData)); err == nil {
			return plain, true
		}
	}
	return nil, false
}
