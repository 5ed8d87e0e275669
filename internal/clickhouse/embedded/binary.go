//go:build unix && !noembed

package embedded

import (
	"fmt"
	"net"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// launchBinary starts an installed ClickHouse with the same configuration.
func launchBinary(path string, s *settings, lock *os.File) (*child, error) {
	cmd := exec.Command(path, "server", "--config-file="+s.path(configFile))
	cmd.Env = append(childEnv(s.Dir), "CLICKHOUSE_WATCHDOG_ENABLE=0")
	cmd.SysProcAttr = ownSession()
	leave := func() { _ = cmd.Process.Signal(unix.SIGTERM) } // one that is gone needs no word
	return launch(cmd, s, lock, leave, func() {})
}

// pickPorts replaces port 0 by a free port: an installed server does not tell which one it got. Somebody else
// may take the port before the server does; it then does not start and says so.
func (s *settings) pickPorts() error {
	for _, port := range []*string{&s.httpPort, &s.nativePort} {
		if *port != "0" {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort(s.host, "0"))
		if err != nil {
			return fmt.Errorf("pick a free port: %w", err)
		}
		defer l.Close() // held until both are picked, so that they differ
		if _, *port, err = net.SplitHostPort(l.Addr().String()); err != nil {
			return err
		}
	}
	return nil
}

// childEnv is all the server sees of the environment: no secret of this process.
func childEnv(dir string) []string {
	env := []string{"HOME=" + dir, "TERM=dumb", "TZ=UTC", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH")}
	for _, name := range []string{"LD_LIBRARY_PATH", "GOCOVERDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}
