package learn

import (
	"fmt"
	"math"

	"askbuy/models/intent"
)

// same are texts, each in several dresses: how it is typed must not matter.
var same = [][]string{
	{"今天能发货吗", "今天能发货吗？", "今天能发货吗?", "今天能发货吗。", "今天能发货吗😊", " 今天能发货吗 "},
	{"有M码吗", "有M码吗？", "有Ｍ码吗", "有m码吗", "有M码吗～", "有M码吗🙏"},
	{"这件多少钱", "这件多少钱？", "这件多少钱！", "这件多少钱😀"},
	{"我要退货", "我要退货！", "我要退货！！！", "我要退货。", "我要退货😡"},
	{"满300减50怎么用", "满３００减５０怎么用", "满300减50怎么用？", "满300减50怎么用🤔"},
	{"do you have size 40", "do you have size 40?", "Do you have size 40", "ｄｏ ｙｏｕ ｈａｖｅ ｓｉｚｅ ４０", "do you have size 40 🙂"},
	{"便宜点嘛", "便宜点嘛～", "便宜点嘛！", "便宜点嘛😭"},
}

// mostChange is how far a dress may move the log-odds.
const mostChange = .2

// above are pairs of texts of which the first speaks more for an order.
var above = [][2]string{
	{"今天能发货吗", "怎么还没发货"},
	{"能退吗", "我要退货"},
	{"拍下了帮我改价", "便宜点"},
	{"怎么付款", "怎么退款"},
	{"can you ship today", "why has it not shipped yet"},
}

// misbehaves lists what a model gets wrong that no shop's figures excuse.
func misbehaves(m *intent.Model) (faults []string) {
	z := func(text string) float64 { return m.Params().HeadA * m.Score(text).Evidence }
	for _, texts := range same {
		for _, text := range texts[1:] {
			if d := z(text) - z(texts[0]); math.Abs(d) >= mostChange {
				faults = append(faults, fmt.Sprintf("%q and %q differ by %.2f log-odds, %.1f is allowed", texts[0], text, d, mostChange))
			}
		}
	}
	for _, pair := range above {
		if z(pair[0]) <= z(pair[1]) {
			faults = append(faults, fmt.Sprintf("%q (%.2f) does not speak more for an order than %q (%.2f)", pair[0], z(pair[0]), pair[1], z(pair[1])))
		}
	}
	return faults
}
