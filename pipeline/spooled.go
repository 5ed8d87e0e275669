package pipeline

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"askbuy/internal/wait"
)

// Spooled is how many records the running instance's door has acknowledged and
// not yet given to the broker. It is 0 for an instance without a door.
func Spooled(ctx context.Context, at Endpoints) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.Admin+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("ask the instance for its spool: %w", err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), "askbuy_spool_records "); found {
			n, err := strconv.ParseFloat(value, 64)
			return int64(n), err
		}
	}
	return 0, lines.Err()
}

// AwaitSpool waits until the running instance's spool is empty.
func AwaitSpool(ctx context.Context, at Endpoints) error {
	for {
		n, err := Spooled(ctx, at)
		if err != nil || n == 0 {
			return err
		}
		if ended := wait.For(ctx, 200*time.Millisecond); ended != nil {
			return fmt.Errorf("%d records are still in the door's spool: is the broker up? %w", n, ended)
		}
	}
}
