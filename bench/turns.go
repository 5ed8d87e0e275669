package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"
)

// contest is one broker and the handlers that take turns on it.
type contest struct {
	settings
	processes []*process
	thin      handler
	door      handler
	runs      int64 // so far
}

type handler struct {
	addr string
	pid  int
}

// goals of the door.
const (
	goalConns    = 64     // connections that the goals are for
	goalRequests = 20_000 // requests/s on one core
	goalRatio    = .60    // of the thinnest handler's speed, by CPU time
	goalEvents   = 80_000 // events/s on one core, in batches
)

// measureDoor lets the thinnest handler and the door take turns.
func measureDoor(ctx context.Context, s settings) (rows []row, err error) {
	c := &contest{settings: s}
	defer func() { err = errors.Join(err, c.stop()) }()
	dir, err := os.MkdirTemp("", "askbuy-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := c.start(ctx, dir); err != nil {
		return nil, err
	}
	coze := token(cozeSecret, time.Now())
	var thin, door, unknown, batch []turn
	for range s.Rounds {
		for _, one := range []struct {
			at               handler
			path, auth, body string
			into             *[]turn
		}{
			{c.thin, "/coze", coze, "coze", &thin},
			{c.door, "/coze", coze, "coze", &door},
			{c.door, "/coze", coze, "coze with unknown fields", &unknown},
			{c.door, "/v1/events", apiKey, "batch", &batch},
		} {
			t, err := c.turn(ctx, one.at, one.path, one.auth, one.body)
			if err != nil {
				return nil, err
			}
			*one.into = append(*one.into, t)
		}
	}
	return doorRows(s, thin, door, unknown, batch), nil
}

func doorRows(s settings, thin, door, unknown, batch []turn) []row {
	cost := func(turns []turn) float64 { return median(turns, turn.microseconds) }
	rate, events := median(door, turn.perSecond), batchSize*median(batch, turn.perSecond)
	ratio := median(thin, turn.microseconds) / cost(door)
	show := func(turns []turn) string {
		return fmt.Sprintf("%.0f/s, %.1f us CPU, p50 %s, p99 %s", median(turns, turn.perSecond), cost(turns),
			time.Duration(median(turns, func(t turn) float64 { return float64(t.P50) })).Round(time.Microsecond),
			time.Duration(median(turns, func(t turn) float64 { return float64(t.P99) })).Round(time.Microsecond))
	}
	conns := strconv.Itoa(s.Conns) + " connections, one core"
	rows := []row{
		{what: "thinnest handler that awaits the ack, " + conns, measured: show(thin)},
		{what: "/coze, " + conns, measured: show(door), goal: fmt.Sprintf(">= %d/s", goalRequests), met: rate >= goalRequests},
		{what: "/coze against the thinnest, CPU", measured: fmt.Sprintf("%.2f", ratio), goal: fmt.Sprintf(">= %.2f", goalRatio), met: ratio >= goalRatio},
		{what: "/coze with unknown fields", measured: show(unknown)},
		{what: fmt.Sprintf("/v1/events, %d events a request, one core", batchSize), goal: fmt.Sprintf(">= %d events/s", goalEvents),
			measured: fmt.Sprintf("%.0f events/s, %.1f us CPU an event", events, cost(batch)/batchSize), met: events >= goalEvents},
	}
	if s.Conns != goalConns {
		for i := range rows {
			rows[i].goal = ""
		}
	}
	return rows
}

func (c *contest) start(ctx context.Context, dir string) error {
	broker, _, err := c.add(ctx, restCore, "broker", server{Dir: dir})
	if err != nil {
		return err
	}
	if c.thin.addr, c.thin.pid, err = c.add(ctx, doorCore, "thin", server{Broker: broker}); err != nil {
		return err
	}
	c.door.addr, c.door.pid, err = c.add(ctx, doorCore, "door", server{Broker: broker, Profile: c.Profile})
	return err
}

// add starts a role that serves and returns the address that it says.
func (c *contest) add(ctx context.Context, core int, role string, given server) (addr string, pid int, err error) {
	p, err := start(ctx, core, role, given)
	if err != nil {
		return "", 0, err
	}
	addr, err = p.line()
	if err != nil {
		return "", 0, err
	}
	c.processes = append(c.processes, p)
	return addr, p.cmd.Process.Pid, nil
}

func (c *contest) stop() (err error) {
	for _, p := range slices.Backward(c.processes) {
		err = errors.Join(err, p.stop())
	}
	return err
}

// turn has one handler loaded alone.
func (c *contest) turn(ctx context.Context, at handler, path, auth, body string) (t turn, err error) {
	return c.load(ctx, plan{Addr: at.addr, Path: path, Token: auth, Body: body, Server: at.pid})
}

// load plays a plan from one core; who is not answered fails it.
func (c *contest) load(ctx context.Context, what plan) (t turn, err error) {
	c.runs++
	what.Conns, what.Run, what.Warm, what.Window = c.Conns, c.runs, c.Window/2, c.Window
	p, err := start(ctx, restCore, "load", what)
	if err != nil {
		return t, err
	}
	line, err := p.line()
	if err != nil {
		return t, err
	}
	if err := errors.Join(json.Unmarshal([]byte(line), &t), p.stop()); err != nil {
		return t, err
	}
	if t.Refused > 0 || t.Requests == 0 {
		return t, fmt.Errorf("%d of %d requests to %s with a body of kind %q were refused", t.Refused, t.Requests, what.Path, what.Body)
	}
	return t, nil
}

func median(turns []turn, of func(turn) float64) float64 {
	values := make([]float64, len(turns))
	for i, t := range turns {
		values[i] = of(t)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
