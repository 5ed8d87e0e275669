package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/pipeline"
	"askbuy/schemas/event"
)

type eraseCommand struct {
	Shop   string `required:"" placeholder:"SHOP" help:"The shop."`
	User   string `required:"" placeholder:"USER" help:"The shopper's user id, as the shop sent it."`
	DryRun bool   `help:"Count what would be deleted, and delete nothing."`
	Yes    bool   `help:"Do not ask."`
}

// Help is what the flags alone do not tell.
func (eraseCommand) Help() string {
	return `Deletes everything about a shopper up to now: the rows of every table, the
shopper's orders with all their events, what was set aside, and what the
stream remembers. What the shopper said by then does not come back, however
late it is sent again; what the shopper says from now on is a new shopper's.

Receipts stay and say "erased". Topics cannot forget single records: the
certificate, which is printed and kept in the data directory, says by which
day they have dropped them.

An erasure that was cut short is finished by giving it again.`
}

func (e eraseCommand) Run(a *app) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	if e.Shop == "" || e.User == "" {
		return errors.New("erase: --shop and --user must not be empty")
	}
	subject := event.Shopper{ShopID: e.Shop, UserID: e.User}
	return withWarehouse(a, func(db *clickhouse.DB) error {
		eraser, err := pipeline.OpenEraser(a.ctx, c, db)
		if err != nil {
			return err
		}
		return errors.Join(e.with(a, eraser, subject), eraser.Close())
	})
}

func (e eraseCommand) with(a *app, eraser *pipeline.Eraser, subject event.Shopper) error {
	if e.DryRun || !e.Yes {
		counts, err := eraser.Count(a.ctx, subject)
		if err != nil {
			return no(err)
		}
		if err := tellCounts(a.stdout, counts); err != nil || e.DryRun {
			return err
		}
		if err := confirm(os.Stdin, a.stderr); err != nil {
			return err
		}
	}
	eraser.Say = func(step string) { fmt.Fprintf(a.stderr, "erase: %s\n", step) }
	certificate, err := eraser.Erase(a.ctx, subject, time.Now())
	if err != nil {
		return no(err)
	}
	b, err := os.ReadFile(eraser.Path(certificate))
	if err != nil {
		return no(err)
	}
	fmt.Fprintf(a.stderr, "erase: done, the certificate is %s\n", eraser.Path(certificate))
	_, err = a.stdout.Write(b)
	return err
}

func tellCounts(out io.Writer, counts map[string]int64) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "table\trows to delete")
	for _, table := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(w, "%s\t%d\n", table, counts[table])
	}
	return w.Flush()
}

// confirm asks a person. Where there is none, --yes has to say it.
func confirm(in *os.File, out io.Writer) error {
	if !isTerminal(in) {
		return errors.New("erase: nobody can be asked here: add --yes to erase, or --dry-run to count")
	}
	fmt.Fprint(out, "erase: this cannot be undone. Type yes to go on: ")
	said, err := bufio.NewReader(in).ReadString('\n')
	if strings.TrimSpace(said) != "yes" {
		return errors.Join(errors.New("erase: nothing was deleted"), ignoreEOF(err))
	}
	return nil
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
