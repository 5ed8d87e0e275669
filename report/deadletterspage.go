package report

import (
	"fmt"
	"strconv"
	"time"
)

func (r *DeadLettersReport) page(l Lang) page {
	p := page{title: l.say("Events that were set aside", "已隔离的事件"), sections: []section{setAside(l, "", r.Reasons)}}
	reasons := &p.sections[0]
	if len(r.Reasons) == 0 {
		return page{title: l.say("Nothing was set aside.", "没有被隔离的事件。")}
	}
	reasons.rows = append(reasons.rows, []string{l.say("total", "合计"), "", integer(r.Total.Letters), integer(r.Total.Deliveries)})
	list := section{title: l.say("Newest first", "最新的在前"), columns: []string{
		"id", l.say("received", "到达时间"), l.say("stage", "阶段"), l.say("reason", "原因"), l.say("source", "来源"), l.say("shop", "店铺"),
		l.say("type", "类型"), l.say("event", "事件"), l.say("deliveries", "送达次数"), l.say("place", "位置"), l.say("detail", "说明"),
	}}
	for _, d := range r.Letters {
		list.rows = append(list.rows, []string{d.ID, d.ReceivedAt.UTC().Format(time.RFC3339), string(d.Stage), string(d.Reason), orNone(d.Source, l),
			orNone(d.ShopID, l), orNone(d.Type, l), orNone(d.EventID, l), integer(d.Deliveries), d.First.String(), d.Detail})
	}
	if more := r.Total.Letters - int64(len(r.Letters)); more > 0 {
		list.notes = append(list.notes, fmt.Sprintf(l.say("%d older ones are not listed: narrow the list, or raise --limit", "另有 %d 条更早的未列出:请缩小范围,或调大 --limit"), more))
	}
	p.sections = append(p.sections, list)
	return p
}

// setAside is the table of dead letters by stage and reason.
func setAside(l Lang, title string, counts []SetAside) section {
	s := section{title: title, columns: []string{l.say("stage", "阶段"), l.say("reason", "原因"), l.say("events", "事件"), l.say("deliveries", "送达次数")}}
	for _, c := range counts {
		s.rows = append(s.rows, []string{c.Stage, c.Reason, integer(c.Letters), integer(c.Deliveries)})
	}
	return s
}

func (r *DeadLettersReport) sheet() [][]string {
	sheet := [][]string{{"id", "received_at", "deliveries", "stage", "reason", "source", "shop_id", "type", "event_id", "detail", "topic", "partition", "offset"}}
	for _, d := range r.Letters {
		sheet = append(sheet, []string{d.ID, d.ReceivedAt.UTC().Format("2006-01-02T15:04:05.000Z07:00"), integer(d.Deliveries), string(d.Stage), string(d.Reason),
			d.Source, d.ShopID, d.Type, d.EventID, d.Detail, d.Topic, strconv.Itoa(int(d.Partition)), integer(d.Offset)})
	}
	return sheet
}
