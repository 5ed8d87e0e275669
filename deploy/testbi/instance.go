package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// instance is an askbuy with the sample shop, and a reader of it.
type instance struct {
	binary, dir string
	cmd         *exec.Cmd
	url         string // http://host:port of ClickHouse
	readers     []reader
}

// reader is a user of a BI tool.
type reader struct{ name, password string }

// patience bounds the start of the instance, and of Superset.
const patience = 3 * time.Minute

// start runs the instance, waits until the past of the sample shop is stored,
// and grants a reader of that shop.
func start(ctx context.Context, binary string) (*instance, error) {
	dir, err := os.MkdirTemp("", "askbuy-testbi-")
	if err != nil {
		return nil, err
	}
	binary, err = filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	i := &instance{binary: binary, dir: dir}
	i.cmd = exec.Command(binary, "run", "--sample", "--data-dir", dir)
	said := &strings.Builder{}
	i.cmd.Stdout, i.cmd.Stderr = io.Discard, said
	if err := i.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s (is it built? make build): %w", binary, err), os.RemoveAll(dir))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := i.settle(ctx); err != nil {
		return nil, errors.Join(err, i.stop(), errors.New(said.String()))
	}
	return i, nil
}

// settle waits for data and for the readers.
func (i *instance) settle(ctx context.Context) error {
	if err := until(ctx, "the instance serves", i.locate); err != nil {
		return err
	}
	err := until(ctx, "the sample shop has orders", func() error {
		answer, err := i.sql(ctx, "SELECT count() > 100 AND countIf(is_ordered = 1) > 5 FROM bi.conversations")
		if err == nil && answer != "1" {
			err = errors.New("too few so far")
		}
		return err
	})
	if err != nil {
		return err
	}
	shop, err := i.sql(ctx, "SELECT argMax(shop_id, n) FROM (SELECT shop_id, sum(orders) AS n FROM bi.conversations GROUP BY shop_id)")
	if err != nil {
		return err
	}
	granted, err := exec.CommandContext(ctx, i.binary, "bi", "grant", "--user", "shopkeeper", "--shop", shop, "--data-dir", i.dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("grant a reader: %w\n%s", err, granted)
	}
	return i.know("shopkeeper", "bi_password_shopkeeper")
}

// locate finds out where ClickHouse listens, and bi's password.
func (i *instance) locate() error {
	b, err := os.ReadFile(filepath.Join(i.dir, "endpoints.json"))
	if err != nil {
		return err
	}
	var at struct {
		HTTP string `json:"clickhouse_http"`
	}
	if err := json.Unmarshal(b, &at); err != nil {
		return err
	}
	i.url = at.HTTP
	return i.know("bi", "bi_password")
}

func (i *instance) know(name, file string) error {
	b, err := os.ReadFile(filepath.Join(i.dir, file))
	i.readers = append(i.readers, reader{name, strings.TrimSpace(string(b))})
	return err
}

// sql asks as user bi.
func (i *instance) sql(ctx context.Context, query string) (string, error) {
	return i.sqlAs(ctx, i.readers[0], query)
}

func (i *instance) sqlAs(ctx context.Context, who reader, query string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, i.url, strings.NewReader(query))
	if err != nil {
		return "", err
	}
	r.SetBasicAuth(who.name, who.password)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, b)
	}
	return strings.TrimSpace(string(b)), err
}

// stop ends the instance in good order.
func (i *instance) stop() error {
	if err := i.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return errors.Join(err, os.RemoveAll(i.dir))
	}
	return errors.Join(i.cmd.Wait(), os.RemoveAll(i.dir))
}

// until tries again and again, and says at the end what was still wrong.
func until(ctx context.Context, what string, try func() error) error {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w: %w", what, ctx.Err(), err)
		case <-tick.C:
		}
	}
}
