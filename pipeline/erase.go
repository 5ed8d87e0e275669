package pipeline

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/crash"
	"askbuy/internal/erasure"
	"askbuy/internal/kafka"
	"askbuy/internal/keyring"
	"askbuy/processors"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
	"askbuy/sinks"
)

// Eraser deletes all that is known of a shopper up to now.
//
// What must stay true:
//   - the subject is on the list, and every sink has heeded it, before anything
//     is deleted: what is deleted does not come back;
//   - the states are told before the facts go, because the facts alone say
//     which orders to tell; and once more after it, because a repair in between
//     may have read facts that were about to go;
//   - every step may be done twice: an erasure that was cut short is finished
//     by beginning it again.
type Eraser struct {
	passage
	db       *clickhouse.DB
	producer *kafka.Producer
	ring     *keyring.Ring
	key      []byte // of fingerprints
	cluster  warehouse.Cluster
	dir      certificates

	random io.Reader

	// settle is how long processors may take to read the list.
	settle time.Duration

	// Say is told what is being done; nil: nobody.
	Say func(step string)
	// cut lets a test end an erasure between two steps.
	cut func(step string) error
}

// erasing is one erasure under way.
type erasing struct {
	*Eraser
	subject event.Shopper
	hasher  *erasure.Hasher
	upTo    int64           // ms
	orders  map[string]bool // that the subject is named by; true: the subject's own
	listed  time.Time
	scanned map[int32]int64 // offsets up to which letters were looked through
	letters []string        // ids of those that are the subject's
	salt    []byte
	cert    *Certificate
}

// Erase deletes all that is known of a shopper up to a moment, usually now, and
// certifies it. An error leaves it half done, which nothing but doing it again
// mends.
func (e *Eraser) Erase(ctx context.Context, subject event.Shopper, at time.Time) (*Certificate, error) {
	r, err := e.begin(subject, at)
	if err != nil {
		return nil, err
	}
	for _, step := range []struct {
		say string
		do  func(context.Context) error
	}{
		{"waiting until what was sent before is stored", r.awaitStored},
		{"putting the shopper on the list of the erased", r.enlist},
		{"waiting until every sink heeds the list", r.awaitHeeded},
		{"telling the states", r.tellStates},
		{"deleting rows", r.deleteRows},
		{"telling the states again, and waiting for them", r.awaitStates},
		{"deleting what came in between", r.deleteRest},
		{"looking whether anything is left", r.certify},
	} {
		if e.Say != nil {
			e.Say(step.say)
		}
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("erase: %s: %w; the erasure is not complete: give it again", step.say, err)
		}
		if err := e.dir.write(r.cert); err != nil {
			return nil, err
		}
		crash.At(crash.ErasureStep)
		if e.cut != nil {
			if err := e.cut(step.say); err != nil {
				return nil, err
			}
		}
	}
	return r.cert, nil
}

// Count is how many rows an erasure would delete, by table.
func (e *Eraser) Count(ctx context.Context, subject event.Shopper) (map[string]int64, error) {
	r, err := e.begin(subject, e.now())
	if err != nil {
		return nil, err
	}
	if _, err := r.findOrders(ctx); err != nil {
		return nil, err
	}
	if err := r.findLetters(ctx); err != nil {
		return nil, err
	}
	return r.count(ctx)
}

// begin goes on with the certificate of an erasure that was cut short.
func (e *Eraser) begin(subject event.Shopper, at time.Time) (*erasing, error) {
	r := &erasing{
		Eraser: e, subject: subject, hasher: erasure.NewHasher(e.key), upTo: at.UnixMilli(),
		orders: map[string]bool{}, scanned: map[int32]int64{}, salt: make([]byte, 16),
	}
	if _, err := io.ReadFull(e.random, r.salt); err != nil {
		return nil, fmt.Errorf("erase: make a salt: %w", err)
	}
	hash := r.hasher.Shopper(subject)
	var err error
	r.cert, err = e.dir.begin(hex.EncodeToString(hash[:]), subject.ShopID, e.now())
	return r, err
}

// awaitStored lets the facts tell all orders of the subject: an order event
// that names nobody says by itself not whose it is.
func (r *erasing) awaitStored(ctx context.Context) error {
	return r.passed(ctx, sinks.Group, event.RawTopics()...)
}

// enlist puts the subject and the subject's orders on the list.
func (r *erasing) enlist(ctx context.Context) error {
	if _, err := r.findOrders(ctx); err != nil {
		return err
	}
	latest, err := r.latest(ctx)
	if err != nil {
		return err
	}
	r.upTo = max(r.upTo, latest) // clocks differ: what had arrived by then is all gone
	r.cert.ErasedAt = time.UnixMilli(r.upTo).UTC()
	return r.add(ctx)
}

func (r *erasing) add(ctx context.Context) error {
	entries := []erasure.Entry{{Subject: r.hasher.Shopper(r.subject), UpTo: r.upTo}}
	for order, own := range r.orders {
		if own {
			entries = append(entries, erasure.Entry{Subject: r.hasher.Order(r.subject.ShopID, order), UpTo: r.upTo})
		}
	}
	r.listed = r.now()
	return (&erasure.Table{DB: r.db}).Add(ctx, entries)
}

// awaitHeeded waits for a batch of each sink that began after the list was
// written, and again when orders had come in meanwhile.
func (r *erasing) awaitHeeded(ctx context.Context) error {
	if err := r.awaitReplay(ctx); err != nil {
		return err
	}
	for {
		if err := r.passed(ctx, sinks.Group, sinks.Topics()...); err != nil {
			return err
		}
		more, err := r.findOrders(ctx)
		if err != nil || !more {
			return err
		}
		if err := r.add(ctx); err != nil {
			return err
		}
	}
}

// tellStates has the orders and the journey forget.
func (r *erasing) tellStates(ctx context.Context) error {
	if err := r.tellOrders(ctx); err != nil {
		return err
	}
	if err := r.tellConversations(ctx); err != nil {
		return err
	}
	return r.tellJourney(ctx)
}

// tellConversations has the reply service forget. Nobody waits for it: where no
// replica runs, the word waits in its topic until one does.
func (r *erasing) tellConversations(ctx context.Context) error {
	told := event.Erasure{ShopID: r.subject.ShopID, UserID: r.subject.UserID, UpTo: r.upTo}
	if err := r.tell(ctx, event.TopicErasures, told.Key(), told); err != nil {
		return err
	}
	r.cert.States.Conversations = 1
	return nil
}

func (r *erasing) tellOrders(ctx context.Context) error {
	for _, order := range slices.Sorted(maps.Keys(r.orders)) {
		told := event.Erasure{ShopID: r.subject.ShopID, UserID: r.subject.UserID, OrderID: order, Whole: r.orders[order], UpTo: r.upTo}
		if err := r.tell(ctx, event.TopicErasures, told.Key(), told); err != nil {
			return err
		}
	}
	r.cert.States.Orders = max(r.cert.States.Orders, len(r.orders))
	r.cert.States.Journeys = 1
	return nil
}

func (r *erasing) tellJourney(ctx context.Context) error {
	told := event.Erasure{ShopID: r.subject.ShopID, UserID: r.subject.UserID, UpTo: r.upTo}
	return r.tell(ctx, event.TopicJourney, r.subject.Key(), event.Entry{Erasure: &told})
}

// deleteRows says in the receipts what became of the records, then deletes. The
// receipts go first, because they are found by the facts.
func (r *erasing) deleteRows(ctx context.Context) error {
	if err := r.findLetters(ctx); err != nil {
		return err
	}
	if err := r.markReceipts(ctx); err != nil {
		return err
	}
	return r.delete(ctx)
}

// awaitStates waits until the groups heed the list, tells them again, orders
// first, so that whatever an order still said is in the journey's log before
// the journey forgets, and waits for all that follows to be stored.
func (r *erasing) awaitStates(ctx context.Context) error {
	if left := r.listed.Add(r.settle).Sub(r.now()); left > 0 {
		if err := r.pause(ctx, left); err != nil {
			return err
		}
	}
	for _, do := range []func(context.Context) error{
		func(ctx context.Context) error {
			return r.passed(ctx, processors.GroupScore, inputs()[processors.GroupScore]...)
		},
		r.tellOrders,
		r.tellConversations,
		func(ctx context.Context) error {
			return r.passed(ctx, processors.GroupOrders, inputs()[processors.GroupOrders]...)
		},
		r.tellJourney,
		func(ctx context.Context) error {
			return r.passed(ctx, processors.GroupJourney, inputs()[processors.GroupJourney]...)
		},
		func(ctx context.Context) error { return r.passed(ctx, sinks.Group, sinks.Topics()...) },
	} {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// passes is how often rows are deleted again before it is given up: something
// then writes them that does not heed the list.
const passes = 5

// deleteRest deletes until nothing is left.
func (r *erasing) deleteRest(ctx context.Context) error {
	for range passes {
		if err := r.deleteRows(ctx); err != nil {
			return err
		}
		if left, err := r.remaining(ctx); err != nil || left == 0 {
			return err
		}
	}
	return fmt.Errorf("rows come back: is a process of an older version running?")
}

// certify looks once more, and says until when the topics keep what they have.
func (r *erasing) certify(ctx context.Context) error {
	left, err := r.remaining(ctx)
	if err != nil {
		return err
	}
	if left > 0 {
		return fmt.Errorf("%d rows are left", left)
	}
	var names []string
	for _, t := range topics(r.kafka) {
		names = append(names, t.Name)
	}
	lifetimes, err := r.admin.Lifetimes(ctx, names...)
	if err != nil {
		return err
	}
	r.cert.complete(r.now(), lifetimes)
	return nil
}
