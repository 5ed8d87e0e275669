package main

import (
	"errors"
	"fmt"
	"strings"

	"askbuy/internal/clickhouse"
	"askbuy/pipeline"
	"askbuy/report"
	warehouse "askbuy/schemas/clickhouse"
)

type biCommand struct {
	Grant  biGrant  `cmd:"" help:"Let a user of a BI tool read the views: rows of some shops, or of all."`
	Revoke biRevoke `cmd:"" help:"Take a user of a BI tool away."`
	Check  biCheck  `cmd:"" help:"Ask for everything as that user: are all rows its own? Exit code 1 if not."`
}

// readerShops are the shops of a reader: some, or all.
type readerShops struct {
	Shop []string `sep:"none" placeholder:"SHOP" help:"A shop; may be given more than once."`
	All  bool     `help:"All shops, and what belongs to none (ledger, freshness)."`
}

func (s readerShops) given() bool { return s.All || len(s.Shop) > 0 }

func (s readerShops) validate() error {
	if s.All == (len(s.Shop) > 0) {
		return errors.New("say --shop SHOP (once or more) or --all, and not both")
	}
	return nil
}

type biGrant struct {
	User string `required:"" placeholder:"USER" help:"Name of the user."`
	readerShops
	Print bool `help:"Print the SQL for a server of yours, and change nothing there."`
}

// Help is what the flags alone do not tell.
func (biGrant) Help() string {
	return `Makes a user who may only read, with a password in the data directory
(bi_password_USER, mode 0600), or changes the shops of one. The embedded server
takes the change at once; on --clickhouse-dsn statements are run, whose user
needs ACCESS MANAGEMENT. After an upgrade of askbuy that adds views, give it
again there.`
}

func (g biGrant) Run(a *app) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	if err := g.validate(); err != nil {
		return err
	}
	r := warehouse.Reader{Name: g.User, Shops: g.Shop}
	if g.Print {
		statements, err := pipeline.GrantStatements(c, r)
		for _, sql := range statements {
			fmt.Fprintf(a.stdout, "%s;\n", sql)
		}
		return err
	}
	if err := pipeline.GrantReader(a.ctx, c, r); err != nil {
		return err
	}
	what := "all shops"
	if !g.All {
		what = strings.Join(g.Shop, ", ")
	}
	_, err = fmt.Fprintf(a.stdout, "%s reads %s; the password is in %s\n", g.User, what, pipeline.ReaderPasswordFile(c, g.User))
	return err
}

type biRevoke struct {
	User string `required:"" placeholder:"USER" help:"Name of the user."`
}

func (r biRevoke) Run(a *app) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	if err := pipeline.RevokeReader(a.ctx, c, r.User); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s reads nothing any more\n", r.User)
	return err
}

type biCheck struct {
	User string `required:"" placeholder:"USER" help:"Name of the user."`
	readerShops
	output
}

// Help is what the flags alone do not tell.
func (biCheck) Help() string {
	return `Signs in as the user, with the password in the data directory, and reads every
view of bi and every table under it. Without --shop or --all the shops are those
that were granted from this data directory.`
}

func (b biCheck) Run(a *app) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	r := warehouse.Reader{Name: b.User, Shops: b.Shop}
	if b.given() {
		err = b.validate()
	} else {
		r, err = pipeline.GrantedReader(c, b.User)
	}
	if err != nil {
		return err
	}
	reader, err := pipeline.OpenReader(a.ctx, c, b.User)
	if err != nil {
		return err
	}
	defer reader.Close()
	return withWarehouse(a, func(db *clickhouse.DB) error {
		found, err := report.Access(a.ctx, db, reader, r)
		if err != nil {
			return err
		}
		if err := report.Write(a.stdout, found, report.Format(b.Format), report.Lang(b.Lang)); err != nil {
			return err
		}
		if found.Leaks > 0 {
			return no(fmt.Errorf("%s sees what is not its own, or not what is: %d of %d are wrong; grant it again, and look for views and row policies that askbuy did not make", b.User, found.Leaks, len(found.Views)))
		}
		return nil
	})
}
