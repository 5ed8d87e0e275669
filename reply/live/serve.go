package live

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"

	"askbuy/internal/httpserver"
	"askbuy/schemas/event"
)

// Register adds GET /realtime.
func (s *Service) Register(mux *http.ServeMux) {
	mux.Handle("GET /realtime", httpserver.Handler(s.Log, s.serve))
}

// connection is one way to send.
type connection interface {
	send(ctx context.Context, n News) error
	beat(ctx context.Context) error
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) error {
	shopper, err := s.Who(r.Header)
	if err != nil {
		return err
	}
	l, err := s.hub.listen(shopper)
	if err != nil {
		return httpserver.Plain(http.StatusTooManyRequests, err.Error()).Later(s.heartbeat)
	}
	defer s.hub.leave(shopper, l)
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return s.upgrade(w, r, shopper, l)
	}
	// The door's limits of time are for requests that end.
	rc := http.NewResponseController(w)
	if err := errors.Join(rc.SetReadDeadline(time.Time{}), rc.SetWriteDeadline(time.Time{})); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // proxies: pass it on as it comes
	w.WriteHeader(http.StatusOK)
	_ = s.stream(r.Context(), shopper, l, &eventStream{w, rc}) // the shopper has left
	return nil
}

// upgrade answers a WebSocket. Who asks is known by headers and not by
// cookies, so that no foreign page can ask in a shopper's name: the origin does
// not matter.
func (s *Service) upgrade(w http.ResponseWriter, r *http.Request, shopper event.Shopper, l *listener) error {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return nil // it has answered
	}
	ctx := conn.CloseRead(r.Context()) // shoppers say nothing here
	_ = s.stream(ctx, shopper, l, &socket{conn})
	_ = conn.Close(websocket.StatusGoingAway, "")
	return nil
}

// sendWithin is how long a connection may take to take something.
const sendWithin = 10 * time.Second

// stream sends what was not shown yet, then what comes, until the shopper
// leaves or the replica stops.
func (s *Service) stream(ctx context.Context, shopper event.Shopper, l *listener, c connection) error {
	out := outgoing{service: s, shopper: shopper, c: c, sent: map[string]string{}}
	if err := c.beat(ctx); err != nil { // the headers
		return err
	}
	if err := out.waiting(ctx); err != nil {
		return err
	}
	beat := time.NewTicker(s.heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case n, open := <-l.news:
			if !open {
				return nil
			}
			err = out.send(ctx, n)
		case <-beat.C:
			if err = c.beat(ctx); err == nil {
				err = out.waiting(ctx) // what was recorded before and read after the connection began
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// outgoing is what one connection was sent.
type outgoing struct {
	service *Service
	shopper event.Shopper
	c       connection
	sent    map[string]string // ids of words; of orders their last status
}

// waiting sends the words that the shopper was not yet given.
func (o *outgoing) waiting(ctx context.Context) error {
	words, conv := o.service.Waiting(o.shopper)
	for _, w := range words {
		if err := o.send(ctx, News{Type: agentMessage, ConvID: conv, Text: w.Text, id: w.EventID}); err != nil {
			return err
		}
	}
	return nil
}

// send sends what is new to this connection and records words as shown.
func (o *outgoing) send(ctx context.Context, n News) error {
	key := n.id + "\x00" + n.OrderID
	if last, known := o.sent[key]; known && last == n.Status {
		return nil
	}
	o.sent[key] = n.Status
	if err := o.c.send(ctx, n); err != nil {
		return err
	}
	if n.Type != agentMessage {
		return nil
	}
	if err := o.service.Shown(o.shopper, n.ConvID, []string{n.id}); err != nil {
		o.service.Log.Warn("words that were shown may be shown again: it could not be recorded", "error", err)
	}
	return nil
}

// eventStream is a connection of server-sent events.
type eventStream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (e *eventStream) send(_ context.Context, n News) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return e.write("data: " + string(body) + "\n\n")
}

func (e *eventStream) beat(context.Context) error { return e.write(":\n\n") }

func (e *eventStream) write(text string) error {
	if err := e.rc.SetWriteDeadline(time.Now().Add(sendWithin)); err != nil {
		return err
	}
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.rc.Flush()
}

// socket is a WebSocket.
type socket struct{ conn *websocket.Conn }

func (s *socket) send(ctx context.Context, n News) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, body)
}

func (s *socket) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	return s.conn.Ping(ctx)
}
