package pipeline

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/processors"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
	"askbuy/sinks"
)

// A log that was begun anew - under a new prefix, on a new broker, with another
// number of partitions - leaves the groups without what the logs before it made
// them remember: an order's refund would stand there without its payment.
// Refill tells the facts of former logs again, in the new one.
//
// What must stay true:
//   - a record that is told again says at which position its fact stands, so
//     that the fact counts and no copy that came into the new log before it;
//   - to the sinks it is a duplicate, looked up because it says that it may be;
//   - told twice it changes nothing: a refill that was cut short is begun anew.

// refilled are the tables of what groups remember, with the columns of an event
// under their names in it.
var refilled = []struct {
	topic   string
	table   warehouse.Table
	kind    event.Type
	columns string
}{
	{event.TopicMessages, warehouse.Messages, event.TypeMessage, "m.user_id AS user_id, m.conv_id AS conv_id, m.from_role AS `from`, m.text AS text, m.channel AS channel, m.bot_id AS bot_id"},
	{event.TopicOrders, warehouse.OrderEvents, event.TypeOrder, "m.order_id AS order_id, m.user_id AS user_id, m.conv_id AS conv_id, m.status AS status, m.amount AS amount, m.refunded_amount AS refunded_amount, m.refund_id AS refund_id, m.refund_amount AS refund_amount, m.currency AS currency, m.coupon AS coupon, if(m.has_items = 1, m.items, []) AS items, m.has_items AS has_items"},
	{event.TopicBehaviors, warehouse.Behaviors, event.TypeBehavior, "m.user_id AS user_id, m.conv_id AS conv_id, m.name AS name, m.item_id AS item_id, m.page_id AS page_id, m.category AS category, m.dwell_ms AS dwell_ms"},
}

const refillAtOnce = 2000 // facts read together, and records on their way

// Refill tells the facts of former logs again and waits until all that follows
// is stored. It returns how many.
func (r *Replayer) Refill(ctx context.Context) (told int64, err error) {
	if _, err := r.erased.Refresh(ctx); err != nil {
		return 0, err
	}
	producer, err := kafka.NewProducer(r.kafka)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, producer.Close(context.WithoutCancel(ctx))) }()
	for _, t := range refilled {
		former := fmt.Sprintf("m.raw_position < %d", event.At(r.epochs[t.topic], 0))
		total, err := r.count(ctx, t.table.Name+" AS m FINAL WHERE "+former)
		if err != nil {
			return told, err
		}
		if r.Say != nil {
			r.Say(fmt.Sprintf("telling %d facts of %s again", total, short(t.table.Name)))
		}
		keys := "m." + strings.Join(t.table.Columns[:3], ", m.")
		var last [3]string
		for done := int64(0); ; {
			page, err := r.facts(ctx, fmt.Sprintf(`SELECT formatRowNoNewline('JSONEachRow', '%s' AS type, m.event_id AS event_id, m.shop_id AS shop_id, toUnixTimestamp64Milli(m.ts) AS ts, CAST(m.is_test AS Bool) AS test, m.attrs AS attrs, %s) AS event,
	m.shop_id AS shop, m.%s AS owner, m.event_id AS id, hex(m.identity) AS identity, m.fp_version AS fp_version, hex(m.fp) AS fp, m.no_ts AS no_ts, toString(m.source) AS door, m.raw_position AS position
FROM %s AS m FINAL WHERE %s AND (%s) > ({shop:String}, {owner:String}, {id:String}) ORDER BY %s LIMIT %d`,
				t.kind, t.columns, t.table.Columns[1], t.table.Name, former, keys, keys, refillAtOnce), last)
			if err != nil {
				return told, fmt.Errorf("read facts of %s: %w", t.table.Name, err)
			}
			if len(page) == 0 {
				break
			}
			if err := r.tell(ctx, producer, t.topic, page); err != nil {
				return told, err
			}
			end := page[len(page)-1]
			last, done, told = [3]string{end.Shop, end.Owner, end.ID}, done+int64(len(page)), told+int64(len(page))
			if r.Progress != nil {
				r.Progress(done, total)
			}
		}
	}
	return told, r.awaitRefilled(ctx)
}

// fact is a row of facts: the event as JSON, and its envelope.
type fact struct {
	Event     string `ch:"event"`
	Shop      string `ch:"shop"`
	Owner     string `ch:"owner"`
	ID        string `ch:"id"`
	Identity  string `ch:"identity"`
	FPVersion uint8  `ch:"fp_version"`
	FP        string `ch:"fp"`
	NoTS      uint8  `ch:"no_ts"`
	Door      string `ch:"door"`
	Position  int64  `ch:"position"`
}

func (r *Replayer) facts(ctx context.Context, sql string, after [3]string) ([]fact, error) {
	return clickhouse.Select[fact](ctx, r.db, sql, map[string]any{"shop": after[0], "owner": after[1], "id": after[2]},
		clickhouse.Settings{"output_format_json_quote_decimals": 1, "output_format_json_quote_64bit_integers": 0, "output_format_json_escape_forward_slashes": 0})
}

// tell publishes facts and waits for every ack.
func (r *Replayer) tell(ctx context.Context, producer *kafka.Producer, topic string, facts []fact) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(refillAtOnce)
	for _, f := range facts {
		e, v, err := f.open()
		if err != nil {
			return errors.Join(fmt.Errorf("read a fact of %s: %w", topic, err), group.Wait())
		}
		if r.erased.EventGone(e) {
			continue
		}
		value, err := event.Encode(e)
		if err != nil {
			return errors.Join(fmt.Errorf("encode a fact of %s: %w", topic, err), group.Wait())
		}
		record := kafka.Record{Topic: r.kafka.Name(topic), Key: []byte(e.Key()), Value: value}
		for _, h := range v.Headers() {
			record.Headers = append(record.Headers, kafka.Header{Key: h.Key, Value: h.Value})
		}
		group.Go(func() error { return producer.Produce(ctx, record) })
	}
	return group.Wait()
}

// open makes a fact the event and the envelope that it came as.
func (f *fact) open() (*event.Event, *event.Envelope, error) {
	var e struct {
		event.Event
		HasItems uint8 `json:"has_items"`
	}
	if err := json.Unmarshal([]byte(f.Event), &e); err != nil {
		return nil, nil, err
	}
	if e.HasItems == 0 {
		e.Items = nil
	}
	problem := unquote(&e.Attrs)
	for n := range e.Items {
		problem = errors.Join(problem, unquote(&e.Items[n].Attrs))
	}
	position := event.Position(f.Position)
	v := &event.Envelope{Source: f.Door, MaybeDuplicate: true, First: &position, Copy: event.Copy{Version: f.FPVersion, NoTS: f.NoTS == 1}}
	for into, text := range map[*[16]byte]string{(*[16]byte)(&v.Identity): f.Identity, &v.Copy.Body: f.FP} {
		b, err := hex.DecodeString(text)
		problem = errors.Join(problem, err)
		copy(into[:], b)
	}
	return &e.Event, v, problem
}

// unquote makes a JSON object of the string that a table keeps it as.
func unquote(raw *json.RawMessage) error {
	var text string
	if len(*raw) > 0 {
		if err := json.Unmarshal(*raw, &text); err != nil {
			return err
		}
	}
	*raw = nil
	if text != "" {
		*raw = json.RawMessage(text)
	}
	return nil
}

// awaitRefilled waits, in the order of the data flow, until what was told is
// stored, repairs included.
func (r *Replayer) awaitRefilled(ctx context.Context) error {
	if r.Say != nil {
		r.Say("waiting until all that follows is stored")
	}
	in := inputs()
	for _, group := range []string{processors.GroupScore, processors.GroupOrders, processors.GroupJourney, processors.GroupRepair} {
		if err := r.passed(ctx, group, in[group]...); err != nil {
			return err
		}
	}
	return r.passed(ctx, sinks.Group, sinks.Topics()...)
}
