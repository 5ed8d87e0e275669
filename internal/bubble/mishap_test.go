//go:build synctests

package bubble

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"askbuy/schemas/event"
)

// mishap is one thing that goes wrong, some time after the one before it.
type mishap struct {
	after time.Duration
	name  string
	do    func(*world)
}

func newMishaps(dice *rand.Rand) (all []mishap) {
	for left := playTime; left > 0; {
		m := newMishap(dice)
		m.after = time.Duration(dice.Int64N(int64(6 * time.Second)))
		left -= m.after
		all = append(all, m)
	}
	return all
}

// newMishap rolls all that a mishap needs before it happens.
func newMishap(dice *rand.Rand) mishap {
	topic, partition, node := anyTopic(dice), dice.Int32N(partitions), dice.Int32N(brokers)
	count := 1 + dice.IntN(12)
	long := time.Duration(1+dice.IntN(8)) * time.Second
	pause := time.Duration(dice.IntN(4)) * time.Second
	switch dice.IntN(12) {
	case 0:
		return mishap{name: "acks are lost", do: produceFault(topic, nil, pick(dice, kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend), count)}
	case 1:
		return mishap{name: "records are refused for now", do: produceFault(topic, nil, pick(dice, kerr.NotLeaderForPartition, kerr.KafkaStorageError, kerr.NotEnoughReplicas), count)}
	case 2:
		return mishap{name: "a partition takes nothing for a while", do: func(w *world) {
			w.later(long, w.close(topic, partition).Remove)
		}}
	case 3:
		return mishap{name: "a leader moves", do: func(w *world) {
			check(w.cluster.MoveTopicPartition(topic, partition, node))
		}}
	case 4:
		return mishap{name: "the broker takes nothing for a while", do: func(w *world) { w.outage(kmsg.Produce, 2*long) }}
	case 5:
		err := pick(dice, kerr.UnknownMemberID, kerr.RebalanceInProgress, kerr.NotCoordinator)
		return mishap{name: "commits fail", do: func(w *world) {
			w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: err, Count: 1 + count/4})
		}}
	case 6:
		return mishap{name: "the door crashes", do: func(w *world) { w.crashDoor(pause) }}
	case 7:
		return mishap{name: "the processors crash", do: func(w *world) { w.crash(&w.groups, w.processors, pause) }}
	case 8:
		output := prefix + pick(dice, event.TopicJourney, event.TopicMessageScores, event.TopicTouches)
		return mishap{name: "the processors crash while a partition takes nothing of theirs", do: func(w *world) {
			closed := w.close(output, partition)
			time.Sleep(long)
			w.crash(&w.groups, w.processors, pause)
			closed.Remove()
		}}
	case 9:
		of := dice.IntN(3)
		return mishap{name: "a process loses the broker for a while", do: func(w *world) {
			wire := w.lives()[of].wire
			wire.cut(false)
			w.later(long, wire.mend)
		}}
	case 10:
		of, by := dice.IntN(3), time.Duration(dice.Int64N(int64(2*time.Second)))
		return mishap{name: "a process's wire is slow for a while", do: func(w *world) {
			wire := w.lives()[of].wire
			wire.slowDown(by)
			w.later(long, func() { wire.slowDown(0) })
		}}
	default:
		return mishap{name: "the sink crashes", do: func(w *world) { w.crash(&w.sinks, w.sink, pause) }}
	}
}

// lives are the processes of now. Nobody else changes them.
func (w *world) lives() []*life { return []*life{w.door.life, w.groups, w.sinks} }

func pick[T any](dice *rand.Rand, of ...T) T { return of[dice.IntN(len(of))] }

func anyTopic(dice *rand.Rand) string {
	return prefix + pick(dice, event.TopicMessages, event.TopicOrders, event.TopicJourney, event.TopicJourney, event.TopicMessageScores, event.TopicTouches)
}

func produceFault(topic string, partitions []int32, err *kerr.Error, count int) func(*world) {
	return func(w *world) {
		w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Partitions: partitions, Err: err, Count: count})
	}
}

// close has a partition take nothing.
func (w *world) close(topic string, partition int32) *kfake.FaultHandle {
	return w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Partitions: []int32{partition}, Err: kerr.NotEnoughReplicas, Count: -1})
}

// outage cuts the connection of whoever makes such a request.
func (w *world) outage(key kmsg.Key, long time.Duration) {
	end := time.Now().Add(long)
	w.cluster.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
		if time.Now().After(end) {
			w.cluster.DropControl()
			return nil, nil, false
		}
		w.cluster.KeepControl()
		return nil, errors.New("the connection is cut"), true
	})
}
