package report

import (
	"fmt"
	"strconv"
)

func (r *AttributionReport) page(l Lang) page {
	head := []string{"", l.say("currency", "币种"), l.say("orders", "订单"), l.say("credit", "功劳"), l.say("amount", "金额"), l.say("net amount", "净额")}
	by := func(title, key string, rows []AttributionRow) section {
		s := section{title: title, columns: append([]string{key}, head[1:]...)}
		for _, row := range rows {
			s.rows = append(s.rows, append([]string{orNone(row.Key, l)}, row.cells()...))
		}
		return s
	}
	return page{
		title: fmt.Sprintf(l.say("Attribution by %s within %d h: %s", "归因 %s,窗口 %d 小时:%s"), r.Model, r.WindowHours, r.Filter.scope(l)),
		sections: []section{
			{rows: [][]string{
				{l.say("Paid orders", "已支付订单"), integer(r.Orders)},
				{l.say("Attributed to no conversation", "无归因会话"), integer(r.Unattributed)},
				{l.say("Naming a conversation that is no candidate", "指定会话不匹配"), integer(r.ExplicitUnmatched)},
			}, notes: l.warn(l.say("Share of attributed orders", "归因订单占比"), newRate(r.Orders-r.Unattributed, r.Orders))},
			by(l.say("Total", "合计"), "", rename(r.Total, l.say("all", "全部"))),
			by(l.say("By intent", "按意图"), l.say("intent", "意图"), r.Intents),
			by(l.say("By channel", "按渠道"), l.say("channel", "渠道"), r.Channels),
			r.top(l, head),
		},
	}
}

func rename(rows []AttributionRow, key string) []AttributionRow {
	renamed := make([]AttributionRow, len(rows))
	for i, row := range rows {
		renamed[i] = row
		renamed[i].Key = key
	}
	return renamed
}

func (r *AttributionReport) top(l Lang, head []string) section {
	s := section{
		title:   l.say("Conversations with the most net amount", "净额最高的会话"),
		columns: append([]string{l.say("conversation", "会话"), l.say("shopper", "顾客"), l.say("shop", "店铺"), l.say("intent", "意图"), l.say("channel", "渠道")}, head[1:]...),
	}
	for _, t := range r.Top {
		s.rows = append(s.rows, append([]string{t.ConvID, t.UserID, t.ShopID, orNone(t.Intent, l), orNone(t.Channel, l)}, t.cells()...))
	}
	return s
}

// cells are a row's columns behind its key.
func (r *AttributionRow) cells() []string {
	return []string{r.Currency, integer(r.Orders), strconv.FormatFloat(r.Credit, 'f', 2, 64), r.Gross.String(), r.Net.String()}
}

func (r *AttributionReport) sheet() [][]string {
	sheet := [][]string{{"by", "key", "shop_id", "conv_id", "user_id", "model", "window_hours", "currency", "orders", "other_currency_orders", "credit", "gross_amount", "net_amount"}}
	line := func(by, key, shop, conv, user string, row AttributionRow) {
		sheet = append(sheet, []string{by, key, shop, conv, user, r.Model, strconv.Itoa(r.WindowHours), row.Currency,
			integer(row.Orders), integer(row.OtherCurrencyOrders), exact(&row.Credit), row.Gross.String(), row.Net.String()})
	}
	orders := func(key string, n int64) {
		sheet = append(sheet, []string{"orders", key, "", "", "", r.Model, strconv.Itoa(r.WindowHours), "", integer(n), "", "", "", ""})
	}
	orders("paid", r.Orders)
	orders("unattributed", r.Unattributed)
	orders("explicit_unmatched", r.ExplicitUnmatched)
	for _, row := range r.Total {
		line("total", "", "", "", "", row)
	}
	for _, row := range r.Intents {
		line("intent", row.Key, "", "", "", row)
	}
	for _, row := range r.Channels {
		line("channel", row.Key, "", "", "", row)
	}
	for _, t := range r.Top {
		line("conversation", t.Intent, t.ShopID, t.ConvID, t.UserID, t.AttributionRow)
	}
	return sheet
}

func (r *LedgerReport) page(l Lang) page {
	table := section{columns: append([]string{l.say("topic", "主题")}, ledgerColumns(l)...), notes: []string{r.sentence(l)}}
	for _, row := range r.Topics {
		table.rows = append(table.rows, append([]string{row.Topic}, row.cells()...))
	}
	table.rows = append(table.rows, append([]string{l.say("total", "合计")}, r.Total.cells()...))
	p := page{title: l.say("What became of every record", "每条记录的去向"), sections: []section{table}}
	if len(r.Sources) > 0 {
		p.sections = append(p.sections, r.bySource(l))
	}
	if len(r.SetAside) > 0 {
		p.sections = append(p.sections, setAside(l, l.say("Set aside", "已隔离事件"), r.SetAside))
	}
	return p
}

// sentence is the ledger in words.
func (r *LedgerReport) sentence(l Lang) string {
	t := r.Total
	if !r.NothingLost {
		return fmt.Sprintf(l.say(
			"%d of %d records left no receipt: compare askbuy_unexplained_events with the sinks' log, then replay",
			"%d 条(共 %d 条)记录去向不明:请核对 askbuy_unexplained_events 指标与 sink 日志,然后重放"), t.Unexplained, t.Records)
	}
	return fmt.Sprintf(l.say(
		"Nothing was lost: all %d records are accounted for, %d of them still in flight.",
		"没有丢失:%d 条记录全部有据可查,其中 %d 条在途。"), t.Records, t.InFlight)
}

func ledgerColumns(l Lang) []string {
	return []string{l.say("records", "记录"), l.say("stored", "已存"), l.say("duplicate", "重复"), l.say("conflict", "冲突"),
		l.say("quarantined", "隔离"), l.say("erased", "已删除"), l.say("in flight", "在途"), l.say("unexplained", "去向不明")}
}

// bySource takes the topics' rows apart by the door that the records came
// through.
func (r *LedgerReport) bySource(l Lang) section {
	s := section{title: l.say("By source", "按来源"), columns: append([]string{l.say("source", "来源"), l.say("topic", "主题")}, ledgerColumns(l)...)}
	for _, part := range r.Sources {
		s.rows = append(s.rows, append([]string{orNone(part.Source, l), part.Topic}, part.cells()...))
		if part.Source == "" && s.notes == nil {
			s.notes = []string{l.say("(none): not read yet, or read without a source", "(无):尚未读取,或读出时没有来源")}
		}
	}
	return s
}

func (r *LedgerRow) cells() []string {
	return []string{integer(r.Records), integer(r.Stored), integer(r.Duplicate), integer(r.Conflict),
		integer(r.Quarantined), integer(r.Erased), integer(r.InFlight), integer(r.Unexplained)}
}

// sheet has a row for every topic and source, and the total, which is their
// sum.
func (r *LedgerReport) sheet() [][]string {
	sheet := [][]string{{"topic", "source", "records", "stored", "duplicate", "conflict", "quarantined", "erased", "in_flight", "unexplained"}}
	for _, part := range r.Sources {
		sheet = append(sheet, append([]string{part.Topic, part.Source}, part.cells()...))
	}
	return append(sheet, append([]string{"total", ""}, r.Total.cells()...))
}

func (d *Diff) page(l Lang) page {
	s := section{columns: []string{l.say("table", "表"), l.say("shop", "店铺"), l.say("shopper", "顾客"), l.say("key", "键"),
		l.say("what", "差异"), l.say("facts say", "按事实应为"), l.say("row says", "行中为")}}
	for _, x := range d.Differences {
		s.rows = append(s.rows, []string{x.Table, x.ShopID, x.UserID, x.Key, x.What, x.Want, x.Got})
	}
	title := l.say("Derived rows agree with the facts.", "派生数据与事实一致。")
	if d.Rows > 0 {
		title = fmt.Sprintf(l.say("%d derived rows of %d shoppers are not what the facts say; --repair writes them anew.",
			"%d 行派生数据(涉及 %d 位顾客)与事实不符;可用 --repair 修复。"), d.Rows, len(d.Shoppers))
		if more := d.Rows - int64(len(d.Differences)); more > 0 {
			s.notes = []string{fmt.Sprintf(l.say("%d more are not listed", "另有 %d 行未列出"), more)}
		}
		return page{title: title, sections: []section{s}}
	}
	return page{title: title}
}

func (d *Diff) sheet() [][]string {
	sheet := [][]string{{"table", "shop_id", "user_id", "key", "what", "want", "got"}}
	for _, x := range d.Differences {
		sheet = append(sheet, []string{x.Table, x.ShopID, x.UserID, x.Key, x.What, x.Want, x.Got})
	}
	return sheet
}
