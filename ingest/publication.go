package ingest

import (
	"errors"
	"sync"

	"askbuy/ingest/dedup"
	"askbuy/internal/crash"
)

// publication is one record on its way to the broker, or to the spool, or to
// both when the broker is slow: whichever has it first makes it durable. When
// the broker's answer comes after all, the record is stored twice, and the
// second is told by its identity downstream.
type publication struct {
	wave   *wave
	index  int // of its item
	letter bool
	record Record
	token  dedup.Token // of nothing when it is a letter

	mu      sync.Mutex
	asked   int // broker and spool, while they have not answered
	spooled bool
	settled bool
	err     error // of those that have answered
}

func (p *publication) start() {
	a := p.wave.acceptor
	if a.spool != nil && a.spool.Through(p.record.Key) {
		p.rescue()
		return
	}
	p.asked = 1
	a.publisher.Start(p.record, p.published)
}

// published is the broker's answer.
func (p *publication) published(err error) {
	if err != nil && (!Hopeless(err) || p.letter) {
		p.rescue()
	}
	p.answered(err)
}

// rescue hands the record to the spool, once.
func (p *publication) rescue() {
	spool := p.wave.acceptor.spool
	if spool == nil {
		return
	}
	p.mu.Lock()
	if p.settled || p.spooled {
		p.mu.Unlock()
		return
	}
	p.spooled = true
	p.asked++
	p.mu.Unlock()
	spool.Append(p.record, p.answered)
}

// answered settles the publication with the first success, or with the last
// failure.
func (p *publication) answered(err error) {
	p.mu.Lock()
	p.asked--
	if err != nil {
		err = errors.Join(p.err, err)
		p.err = err
	}
	settles := !p.settled && (err == nil || p.asked == 0)
	p.settled = p.settled || settles
	p.mu.Unlock()
	if !settles {
		return
	}
	if err == nil {
		crash.At(crash.DoorStored)
		p.token.Commit()
	} else {
		p.token.Abort()
	}
	p.wave.ended(p, err)
}
