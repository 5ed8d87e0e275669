package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Letters is what can be done about dead letters. A letter is named by the
// place of its first delivery: topic:partition:offset.
type Letters interface {
	// Shop is the shop of a letter, "" when it has none. Without such a letter
	// the error is ErrNoLetter.
	Shop(ctx context.Context, place string) (string, error)
	// Original is what was received, opened; nil when the broker has it no more.
	Original(ctx context.Context, place string) ([]byte, error)
	// Requeue sends letters again and waits until what came of them is read.
	// Those of shops that their sender may not speak for go only with lent: the
	// program's own key, which is for all shops, would be lent to that sender.
	Requeue(ctx context.Context, places []string, lent bool) ([]Requeued, error)
}

// Requeued is what became of a letter that was sent again.
type Requeued struct {
	Place  string
	Fate   string // accepted, duplicate, read again, still bad or left
	Detail string // why, of the last two
}

// ErrNoLetter says that no letter has a place.
var ErrNoLetter = errors.New("there is no such letter")

// Look is somebody's look at what is masked or sealed. It is recorded before
// anything is shown.
type Look struct {
	At   time.Time
	Name string // of who looked
	Kind string // dead_letter
	Shop string
	Of   string // what was looked at
}

const (
	// requeueTimeout is how long it may take until requeued letters are read.
	requeueTimeout = 15 * time.Second
	// maxRequeued is how many letters go at once.
	maxRequeued = 100
	// maxOriginal is how much of a letter is shown, in bytes.
	maxOriginal = 16 << 10
)

// deadLetters is the body of the page.
type deadLetters struct {
	Reasons figure
	Letters []letterRow
	Whole   figure // the same as a table to take along
	MayAct  bool
	MayLook bool
	Fates   []fateRow // of what was just sent again
	Shown   *original
	Next    string // address of the next page; "" without one
	Before  string
	Empty   bool
	Total   string // of all pages
}

type letterRow struct {
	Place, Arrived, Stage, Reason, Detail, Source, Shop, Type, Event string
	Deliveries, Words                                                string
}

type fateRow struct{ Place, Fate, Class, Detail string }

type original struct {
	Place string
	Text  string
	Gone  bool
	Cut   bool
}

func deadLettersPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	return d.letters(ctx, v)
}

func (d *Dashboard) letters(ctx context.Context, v *visit) (*deadLetters, error) {
	reasons, err := d.ask(ctx, v, "dead_letter_reasons")
	if err != nil {
		return nil, err
	}
	l, err := d.askList(ctx, v, "dead_letters", []string{"deliveries"})
	if err != nil {
		return nil, err
	}
	list := l.answer
	body := &deadLetters{
		Total: v.t("letters.total", l.rows(), l.whole(0)), Reasons: reasonsFigure(v, reasons), Empty: len(reasons.Rows) == 0,
		MayAct: d.deps.Letters != nil && v.person.May(RoleOperator), MayLook: d.deps.Letters != nil && v.person.May(RoleAdmin),
	}
	body.Whole.take(list, v)
	for row := range list.Rows {
		body.Letters = append(body.Letters, letterRow{
			Place:   list.text(row, "topic") + ":" + list.text(row, "partition") + ":" + list.text(row, "offset"),
			Arrived: moment(list.time(row, "received_at"), v.filter.Zone), Words: reasonWords(v, list.text(row, "reason")), Stage: list.text(row, "stage"), Reason: list.text(row, "reason"), Detail: list.text(row, "detail"),
			Source: list.text(row, "source"), Shop: list.text(row, "shop_id"), Type: list.text(row, "type"), Event: list.text(row, "event_id"), Deliveries: count(list.count(row, "deliveries")),
		})
	}
	body.Before, body.Next = pageLinks(v, len(list.Rows))
	return body, nil
}

// pageRows is how many rows a page of a list has.
const pageRows = 50

// pageLinks lead to the pages of a list around this one.
func pageLinks(v *visit, rows int) (before, next string) {
	q := v.url.Query()
	n, err := strconv.Atoi(q.Get("page"))
	if err != nil || n < 1 {
		n = 1
	}
	to := func(n int) string {
		changed := url.Values{}
		for name, values := range q {
			changed[name] = values
		}
		changed.Set("page", strconv.Itoa(n))
		return v.url.Path + "?" + changed.Encode()
	}
	if n > 1 {
		before = to(n - 1)
	}
	if rows >= pageRows {
		next = to(n + 1)
	}
	return before, next
}

// requeue sends the letters of a form again.
func (d *Dashboard) requeue(w http.ResponseWriter, r *http.Request, v *visit) error {
	if d.deps.Letters == nil {
		return errNoPage
	}
	places := r.PostForm["place"]
	if len(places) == 0 || len(places) > maxRequeued {
		return badFilter("place", strconv.Itoa(len(places)))
	}
	ctx, cancel := context.WithTimeout(r.Context(), requeueTimeout)
	defer cancel()
	for _, place := range places {
		if _, err := d.seen(ctx, v, place); err != nil {
			return err
		}
	}
	d.deps.Log.Info("dead letters are sent again", "name", v.person.Name, "letters", len(places))
	fates, err := d.deps.Letters.Requeue(ctx, places, v.person.SeesAll())
	if err != nil {
		return err
	}
	return d.showLetters(w, r, v, func(body *deadLetters) {
		for _, f := range fates {
			class := "good"
			if f.Detail != "" {
				class = "bad"
			}
			body.Fates = append(body.Fates, fateRow{f.Place, "fate." + strings.ReplaceAll(f.Fate, " ", "_"), class, f.Detail})
		}
	})
}

// original shows what a letter holds, and records who looked.
func (d *Dashboard) original(w http.ResponseWriter, r *http.Request, v *visit) error {
	if d.deps.Letters == nil {
		return errNoPage
	}
	place := r.PostFormValue("place")
	shop, err := d.seen(r.Context(), v, place)
	if err != nil {
		return err
	}
	look := Look{At: d.deps.Now(), Name: v.person.Name, Kind: "dead_letter", Shop: shop, Of: place}
	if err := d.deps.Record(r.Context(), look); err != nil {
		return err
	}
	d.deps.Log.Info("somebody looked at what is sealed", "name", look.Name, "kind", look.Kind, "shop", look.Shop, "of", look.Of)
	content, err := d.deps.Letters.Original(r.Context(), place)
	if err != nil {
		return err
	}
	return d.showLetters(w, r, v, func(body *deadLetters) {
		body.Shown = &original{Place: place, Gone: content == nil, Cut: len(content) > maxOriginal, Text: printable(content[:min(len(content), maxOriginal)])}
	})
}

// seen makes sure that somebody may see a letter, and says whose it is.
func (d *Dashboard) seen(ctx context.Context, v *visit, place string) (shop string, err error) {
	shop, err = d.deps.Letters.Shop(ctx, place)
	switch {
	case errors.Is(err, ErrNoLetter):
		return "", &failure{status: http.StatusNotFound, key: "error.no_letter", detail: place}
	case err != nil:
		return "", err
	case !v.person.SeesAll() && !v.person.Sees(shop):
		return "", &failure{status: http.StatusForbidden, key: "error.foreign_shop", detail: shop}
	}
	return shop, nil
}

// showLetters is the page with something added.
func (d *Dashboard) showLetters(w http.ResponseWriter, r *http.Request, v *visit, add func(*deadLetters)) error {
	v.url = &url.URL{Path: "/deadletters"}
	b, err := d.bar(r.Context(), v, url.Values{})
	if err != nil {
		return err
	}
	body, err := d.letters(r.Context(), v)
	if err != nil {
		return err
	}
	add(body)
	return d.renderWith(w, http.StatusOK, v, page{name: "deadletters"}, b, body)
}

// printable is text with what cannot be shown left out.
func printable(content []byte) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			return '·'
		}
		return r
	}, string(content))
}
