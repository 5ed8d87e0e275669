package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// livePage shows the newest messages, and goes on as they come.
func livePage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	f, err := d.liveFigure(ctx, v)
	if err != nil {
		return nil, err
	}
	return figures{Intro: v.t("live.intro"), Figures: []figure{f}, Live: "/live/rows" + v.filter.query()}, nil
}

func (d *Dashboard) liveFigure(ctx context.Context, v *visit) (figure, error) {
	a, err := d.ask(ctx, v, "live")
	if err != nil {
		return figure{}, err
	}
	f := figure{ID: "live", Whole: true, Title: v.t("live.title"), Table: table{None: "live.none"}}
	for _, column := range []string{"ts", "shop_id", "from_role", "text", "intent", "buy_score"} {
		f.Table.Head = append(f.Table.Head, cell{Text: v.t("column." + column), Number: column == "buy_score"})
	}
	for row := range a.Rows {
		at := "/conversation?" + url.Values{"shop_id": {a.text(row, "shop_id")}, "conv_id": {a.text(row, "conv_id")}, "user_id": {a.text(row, "user_id")}}.Encode()
		intent := ""
		if a.text(row, "from_role") == "user" {
			intent = d.name(v, Intent, a.text(row, "intent"))
		}
		f.Table.Rows = append(f.Table.Rows, []cell{
			{Text: clock(a.time(row, "ts"), v.filter.Zone), Href: at}, words(a.text(row, "shop_id")), words(v.t("from." + a.text(row, "from_role"))),
			words(a.text(row, "text")), words(intent), digits(number(a.number(row, "buy_score"), 3)),
		})
	}
	return f, nil
}

const (
	// streamEvery is how often a stream looks for something new.
	streamEvery = 2 * time.Second
	// maxStreams bounds the looks of all pages that are open.
	maxStreams = 20
)

// streamLive sends the table's rows whenever they change, as server-sent
// events, until the page is left or this process stops.
func (d *Dashboard) streamLive(w http.ResponseWriter, r *http.Request, v *visit) error {
	select {
	case d.streams <- struct{}{}:
		defer func() { <-d.streams }()
	default:
		return &failure{status: http.StatusTooManyRequests, key: "error.streams", after: time.Minute}
	}
	if _, err := d.bar(r.Context(), v, r.URL.Query()); err != nil {
		return err
	}
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		return fmt.Errorf("stream live rows: %w", err)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	tick := time.NewTicker(streamEvery)
	defer tick.Stop()
	for last := ""; ; {
		rows, err := d.liveRows(r.Context(), v)
		switch {
		case err != nil: // the warehouse is away: the browser asks again
			d.deps.Log.Warn("a live page ends", "err", err)
			return nil
		case rows != last:
			if _, err := fmt.Fprintf(w, "event: rows\ndata: %s\n\n", rows); err != nil {
				return nil // the page was left
			}
			last = rows
		default:
			_, _ = fmt.Fprint(w, ": nothing new\n\n")
		}
		if control.Flush() != nil {
			return nil
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-d.drain:
			return nil
		case <-tick.C:
		}
	}
}

// liveRows are the table's rows as HTML in one line.
func (d *Dashboard) liveRows(ctx context.Context, v *visit) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, d.config.QueryTimeout)
	defer cancel()
	f, err := d.liveFigure(ctx, v)
	if err != nil {
		return "", err
	}
	var rows bytes.Buffer
	if err := d.looks[v.lang]["figures"].ExecuteTemplate(&rows, "rows", f.Table); err != nil {
		return "", err
	}
	return strings.NewReplacer("\n", " ", "\r", " ").Replace(rows.String()), nil
}
