package simulator

import (
	"strconv"
	"strings"

	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

// oversize is a little more than the door takes, 1 MiB.
const oversize = 1<<20 + 4096

// refuse adds a request that must leave no event: refused whole, or, on /coze,
// set aside.
func (d *planner) refuse(s stream, shop string) {
	n := strconv.Itoa(len(d.plan.parcels))
	forged := func(text, tail string) func() []byte {
		return func() []byte {
			return []byte(`{"type":"message","event_id":"forged-` + n + `","shop_id":` + quote(shop) +
				`,"user_id":"forged","conv_id":"forged","from":"user","text":"` + text + `","ts":` +
				strconv.FormatInt(d.End.UnixMilli(), 10) + tail)
		}
	}
	p := &parcel{path: pathEvents, raw: forged("forged", "}")}
	kinds := 7
	if !d.EventsOnly {
		kinds = 14
	}
	kind := s.IntN(kinds)
	if kind == 4 && s.chance(.8) { // big ones are dear
		kind = 5
	}
	switch kind {
	case 0:
		p.raw, p.want.status = forged("forged", ""), 400
	case 1:
		p.raw, p.want.status = forged("forged", "} {}"), 400
	case 2:
		p.raw, p.want.status = forged("\xff", "}"), 400
	case 3:
		p.raw, p.want.status = forged(`","text":"twice`, "}"), 400
	case 4:
		p.raw = func() []byte { return forged(strings.Repeat("x", oversize), "}")() }
		p.want.status, p.want.hangUp = 413, true
	case 5:
		p.door, p.want.status = credential{kind: wrongKey}, 401
	case 6:
		p.door, p.want.status = credential{kind: noKey}, 401
	default:
		d.refuseCoze(s, p, shop, n, kind)
	}
	p.seal(d.Seed)
	d.plan.parcels = append(d.plan.parcels, p)
}

// refuseCoze makes the parcel one for /coze.
func (d *planner) refuseCoze(s stream, p *parcel, shop, n string, kind int) {
	p.path = pathCoze
	p.door = credential{kind: one(s, []keyKind{expired, unsigned, wrongKey, noKey}), shop: shop}
	p.want.status = 401
	id := "forged-" + n
	w := writer{}
	w.text("user_id", "forged")
	w.text("text", "forged")
	w.text("conversation_id", "forged")
	w.text("message_id", id)
	fields := append(w.fields, field{"ts", strconv.FormatInt(d.End.UnixMilli(), 10)})
	switch kind {
	case 7: // the body contradicts the token
		fields = set(fields, "shop_id", quote("not-"+shop))
		p.door, p.want.status = credential{shop: shop}, 403
	case 8, 9, 10:
		p.door, p.want.status = credential{shop: shop}, 200
		letter := truth.Letter{Reason: event.ReasonMissingField, ShopID: shop, EventID: id}
		switch kind {
		case 8:
			fields = remove(fields, "text")
		case 9:
			letter.Reason = event.ReasonFutureTS
			fields = set(fields, "ts", "4102444800000")
		case 10:
			letter.Reason = event.ReasonBadField
			fields = set(fields, "from", `"robot"`)
		}
		d.plan.letters = append(d.plan.letters, letter)
	}
	p.raw = func() []byte { return object(fields) }
}
