//go:build synctests

package bubble

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"askbuy/processors"
	"askbuy/sinks"
)

// sessionTimeout is how long the broker waits for a silent member.
const sessionTimeout = 10 * time.Second

// sessions ends those sessions that the broker does not: kfake, unlike Kafka,
// starts no clock for a member whose connection ends between joining a group
// and learning its partitions.
type sessions struct {
	mu    sync.Mutex
	heard map[string]time.Time // last, by member
}

// keepSessions evicts silent members until over is closed.
func (w *world) keepSessions(over <-chan struct{}) {
	s := &sessions{heard: map[string]time.Time{}}
	w.cluster.ControlKey(int16(kmsg.Heartbeat), func(r kmsg.Request) (kmsg.Response, error, bool) {
		s.hear(r.(*kmsg.HeartbeatRequest).MemberID)
		return nil, nil, false
	})
	tick := time.NewTicker(sessionTimeout / 2)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		for _, group := range append(processors.Groups(), sinks.Group) {
			w.evictSilent(s, prefix+group)
		}
	}
}

func (s *sessions) hear(member string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard[member] = time.Now()
}

// silent reports that a member was not heard for longer than any may be.
func (s *sessions) silent(member string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.heard[member]
	if !known {
		s.heard[member] = time.Now()
	}
	return known && time.Since(last) > 2*sessionTimeout
}

func (w *world) evictSilent(s *sessions, group string) {
	info := w.cluster.GroupInfo(group)
	if info == nil {
		return
	}
	for _, m := range info.Members {
		if info.State != "Stable" { // they wait for each other
			s.hear(m.MemberID)
			continue
		}
		if !s.silent(m.MemberID) {
			continue
		}
		r := kmsg.NewPtrLeaveGroupRequest()
		r.Group, r.MemberID = group, m.MemberID
		gone := kmsg.NewLeaveGroupRequestMember()
		gone.MemberID = m.MemberID
		r.Members = append(r.Members, gone)
		_, err := r.RequestWith(context.Background(), w.admin)
		check(err)
	}
}
