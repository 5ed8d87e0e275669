// Command fetchengine fetches the embedded ClickHouse engine into the user's cache: the make target engine.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"askbuy/internal/clickhouse/embedded"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	path, err := embedded.Fetch(ctx, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fetchengine:", err)
		os.Exit(1)
	}
	fmt.Println(path)
}
