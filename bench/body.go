package main

import "strconv"

// body writes bodies in which only ids and times differ.
type body func(b []byte, id, ts int64) []byte

// bodies by name: what a Coze bot sends, the same with fields that we do not
// know, and a hundred events at once for /v1/events.
var bodies = map[string]body{
	"coze": func(b []byte, id, ts int64) []byte {
		b = message(append(b, '{'), id, ts, "conversation_id", "message_id")
		return append(b, '}')
	},
	"coze with unknown fields": func(b []byte, id, ts int64) []byte {
		b = message(append(b, '{'), id, ts, "conversation_id", "message_id")
		return append(b, `,"locale":"zh-CN","intent":"coupon_query","meta":{"campaign":"618-B","page":"detail","ab":[1,2,3]},"client_version":"3.18.2"}`...)
	},
	"batch": func(b []byte, id, ts int64) []byte {
		b = append(b, '[')
		for i := range int64(batchSize) {
			if i > 0 {
				b = append(b, ',')
			}
			b = message(append(b, `{"type":"message",`...), id*batchSize+i, ts, "conv_id", "event_id")
			b = append(b, `,"channel":"tmall"}`...)
		}
		return append(b, ']')
	},
}

const batchSize = 100

// message writes the fields that a message has at either door.
func message(b []byte, id, ts int64, conv, event string) []byte {
	field := func(name, value string, n int64) {
		b = append(append(append(append(b, '"'), name...), `":"`...), value...)
		b = append(strconv.AppendInt(b, n, 10), `",`...)
	}
	field(event, "msg_", id)
	field("user_id", "u_", id%50_000)
	field(conv, "conv_20250625_", id%20_000)
	b = append(b, `"shop_id":"shop-1024","from":"user","bot_id":"bot_7351","text":"有优惠券吗?这款羽绒服便宜点我就下单,能不能包邮,明天能到吗","ts":`...)
	return strconv.AppendInt(b, ts, 10)
}
