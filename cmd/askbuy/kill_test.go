package main

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"askbuy/internal/crash"
	"askbuy/internal/kafka/kafkatest"
)

// number is a count from the environment.
func number(t *testing.T, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// killSeed chooses the kills: another one at each run of a day, so that a few
// runs come past all of them, unless one is named.
func killSeed(t *testing.T) uint64 {
	t.Helper()
	return uint64(number(t, "KILL_SEED", int(time.Now().Unix()%1_000_000)))
}

// perRound is how many kills one installation goes through at most.
const perRound = 20

// Killed at named points and at random, an installation loses nothing that it
// acknowledged, has nothing twice, and its reports say what is true.
func TestKills(t *testing.T) {
	t.Parallel()
	kills, seed := number(t, "KILLS", 5), killSeed(t)
	t.Logf("again with: KILLS=%d KILL_SEED=%d go test -run '^TestKills$' ./cmd/askbuy", kills, seed)
	total := outcome{}
	for round := 0; kills > 0; round++ {
		n := min(kills, perRound)
		kills -= n
		// In one process, and with engines of their own, in turn; of five
		// kills each gets some.
		for apart, share := range map[bool]int{false: n - n/2, true: n / 2} {
			seed := seed + uint64(2*round)
			if apart {
				seed++
			}
			name := strconv.Itoa(round) + map[bool]string{false: " whole", true: " apart"}[apart]
			t.Run(name, func(t *testing.T) {
				c := besiege(t, stormFor(t, seed, share), seed, share, apart)
				c.endure(c.choose(share, c.possible()))
				o := c.judge()
				t.Logf("%s: %v", o, c.kills)
				total.add(o)
			})
		}
	}
	t.Logf("in all: %s", total)
}

func (o *outcome) add(p outcome) {
	o.kills += p.kills
	o.requests += p.requests
	o.events += p.events
	o.retries += p.retries
	o.lost += p.lost
	o.duplicated += p.duplicated
}

// choose draws kills without repeating one before all were drawn. What can
// only be met on an empty directory comes first.
func (c *campaign) choose(n int, possible []ways) []kill {
	var chosen []kill
	for len(chosen) < n {
		var deck []kill
		for _, set := range possible {
			for _, p := range slices.Sorted(maps.Keys(set)) {
				deck = append(deck, set[p](c.rng))
			}
		}
		for _, k := range atRandom {
			deck = append(deck, k(c.rng))
		}
		if len(chosen) == 0 && c.host == nil { // else the host has prepared the warehouse
			for _, k := range onFresh {
				deck = append(deck, k(c.rng))
			}
		}
		c.rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		chosen = append(chosen, deck[:min(len(deck), n-len(chosen))]...)
	}
	slices.SortStableFunc(chosen, func(a, b kill) int { return freshFirst(a) - freshFirst(b) })
	return chosen
}

func freshFirst(k kill) int {
	if _, is := onFresh[crash.Point(k.name)]; is {
		return 0
	}
	return 1
}

// possible are the points that this installation can come to.
func (c *campaign) possible() []ways {
	if c.host != nil && os.Getenv(kafkatest.RealBrokers) == "" { // real brokers are not ours to stop
		return []ways{everywhere, inOutage}
	}
	if c.host == nil {
		return []ways{everywhere, childAt}
	}
	return []ways{everywhere}
}

// Every point has a way to be reached.
func TestEveryPointIsKilledAt(t *testing.T) {
	for _, p := range crash.All() {
		known := 0
		for _, set := range []ways{everywhere, inOutage, onFresh} {
			if set[p] != nil {
				known++
			}
		}
		if known != 1 {
			t.Errorf("point %s: %d ways to reach it", p, known)
		}
	}
}

// All points are places that an installation comes to, in the course of load,
// an outage of its broker, an erasure, a repair and a stop.
func TestEveryPointIsReached(t *testing.T) {
	t.Parallel()
	c := besiege(t, stormFor(t, 1, 1), 1, 1, true)
	c.host.stop() // it met its points before it could be listened to
	fresh := prepare(t, shared(), "--roles", "dashboard")
	if !fresh.up(crash.List) || !c.host.up("") || !c.up(crash.List) {
		t.Fatal("not ready")
	}
	c.repeater.allow(len(c.recorded.log) / 2)
	c.repeater.until(len(c.recorded.log)/2, c.ended)
	c.settled()
	c.host.kill()
	c.repeater.allow(len(c.recorded.log) / 4)
	_, leave := c.repeater.sent()
	c.repeater.until(leave, c.ended)
	c.host.again()
	c.repeater.all()
	c.erase()
	c.awaitErasures()
	c.askForRepairs()
	c.verified(c.recorded.truth)
	c.stop()
	said := fresh.err.String() + c.err.String()
	for _, p := range crash.All() {
		if !strings.Contains(said, "reached "+string(p)+"\n") {
			t.Errorf("nobody came to %s", p)
		}
	}
}
