package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// dbtPackages are the newest releases that PyPI alone can give: a later
// dbt-core fetches a part of itself from elsewhere.
var dbtPackages = []string{"dbt-core==1.10.23", "dbt-adapters==1.16.7", "dbt-clickhouse==1.9.8"}

// dbt builds the models of deploy/dbt in a database of its own, as the user of
// the pipeline: user bi may make no tables.
func dbt(ctx context.Context, i *instance, cache string) (string, error) {
	env := filepath.Join(cache, "dbt-1.10.23")
	if err := venv(ctx, env, dbtPackages...); err != nil {
		return "", err
	}
	scratch, err := os.MkdirTemp("", "askbuy-dbt-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(scratch)
	at, err := url.Parse(i.url)
	if err != nil {
		return "", err
	}
	password, err := os.ReadFile(filepath.Join(i.dir, "clickhouse_password"))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(env, "bin", "dbt"), "build", "--project-dir", "deploy/dbt", "--profiles-dir", "deploy/dbt",
		"--target-path", filepath.Join(scratch, "target"), "--log-path", filepath.Join(scratch, "log"))
	service := reader{"askbuy", strings.TrimSpace(string(password))}
	cmd.Env = append(os.Environ(), "DBT_SEND_ANONYMOUS_USAGE_STATS=false", "NO_COLOR=1", "ASKBUY_BI_HOST="+at.Hostname(), "ASKBUY_BI_PORT="+at.Port(),
		"ASKBUY_BI_USER="+service.name, "ASKBUY_BI_PASSWORD="+service.password)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("dbt build: %w\n%s", err, out[max(0, len(out)-3000):])
	}
	rows, err := i.sqlAs(ctx, service, "SELECT (SELECT count() FROM analysts.askbuy_intent_week), (SELECT count() FROM analysts.askbuy_shop_week)")
	if err == nil && strings.Contains("\t"+rows+"\t", "\t0\t") {
		err = errors.New("a model has no rows")
	}
	return fmt.Sprintf("  built two models: %s rows\n", strings.ReplaceAll(rows, "\t", " and ")), err
}
