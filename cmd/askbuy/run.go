package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/errgroup"

	"askbuy/internal/experiment"
	"askbuy/pipeline"
)

type runCommand struct {
	Roles  []string `placeholder:"ROLE" help:"Run only these: ingest, process, sink, reply, dashboard."`
	Sample bool     `help:"Also play a sample shop against the own webhook: 14 days at once, then live."`
}

func (r runCommand) Run(a *app) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	if len(r.Roles) > 0 {
		c.Roles = nil
		for _, role := range r.Roles {
			c.Roles = append(c.Roles, pipeline.Role(role))
		}
	}
	if r.Sample && !c.Has(pipeline.RoleIngest) {
		return errors.New("--sample plays against the own webhook: it needs role ingest")
	}
	collectSeldom(a.environ)
	var tried *experiment.Experiment
	if r.Sample {
		if tried, err = sampleExperiment(c, time.Now()); err != nil {
			return err
		}
	}
	log := newLog(a.stderr, c.LogLevel)
	p := pipeline.New(c, log)
	p.UseTokens(func(secret, shop, body string) (string, error) { return shopToken(secret, shop, body, time.Now()) })
	group, ctx := errgroup.WithContext(a.ctx)
	group.Go(func() error {
		if err := p.Run(ctx); err != nil {
			return err
		}
		return errStopped // ends the sample shop as well
	})
	group.Go(func() error {
		var at pipeline.Endpoints
		select {
		case <-ctx.Done():
			return nil
		case at = <-p.Ready():
		}
		if err := greet(a.stdout, c, at); err != nil {
			return err
		}
		if r.Sample {
			return playSample(ctx, a, c, at, tried)
		}
		return nil
	})
	if err := group.Wait(); err != errStopped {
		return err
	}
	return nil
}

// errStopped says that the pipeline came to its end in good order.
var errStopped = errors.New("stopped")

// newLog writes lines that people read; the level is one that the
// configuration knows.
func newLog(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // validated
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}

// keptIn says where a password is to be found.
func keptIn(c pipeline.Config, name, configured string) string {
	if configured != "" {
		return "password as configured (" + name + ")"
	}
	return "password in " + filepath.Join(c.DataDir, name)
}

// greet says where everything is, and gives one line to try.
func greet(w io.Writer, c pipeline.Config, at pipeline.Endpoints) error {
	var b strings.Builder
	fmt.Fprintln(&b, "\naskbuy is ready")
	line := func(what, where string) {
		if where != "" {
			fmt.Fprintf(&b, "  %-12s %s\n", what, where)
		}
	}
	line("webhooks", at.HTTP)
	line("dashboard", cmp.Or(at.SignIn, at.Admin))
	if at.SignIn != "" {
		line("", "(the link signs in once, within the hour; later: admin, "+keptIn(c, "admin_password", c.AdminPassword)+")")
	}
	line("Kafka", at.Kafka)
	line("ClickHouse", at.ClickHouseHTTP)
	if at.ClickHouseHTTP != "" {
		line("BI user", "bi, "+keptIn(c, "bi_password", c.BIPassword))
	}
	for _, moved := range pipeline.Moved(c, at) {
		fmt.Fprintf(&b, "  %s\n", moved)
	}
	if at.HTTP != "" {
		secret, err := cozeSecret(c)
		if err != nil {
			return err
		}
		token, err := cozeToken(secret, time.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "\nsay something as a shopper (the token is good for a day):\n\n"+
			"curl %s/coze -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{\"user_id\":\"u_me\",\"conversation_id\":\"c_me\",\"text\":\"有优惠券吗?我现在就想下单\"}'\n", at.HTTP, token)
		fmt.Fprintf(&b, "\nthen look:\n\n%s report funnel%s\n\n", program(), dataDirFlag(c))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func cozeSecret(c pipeline.Config) (string, error) {
	if c.CozeSecret != "" {
		return c.CozeSecret, nil
	}
	return pipeline.Secret(c.DataDir, "coze_secret")
}

func cozeToken(secret string, now time.Time) (string, error) {
	claims := jwt.MapClaims{"iat": now.Unix(), "exp": now.Add(24 * time.Hour).Unix()}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
}
