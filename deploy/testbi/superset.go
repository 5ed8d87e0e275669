package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// supersetPackages: the release, and what it needs and does not say, or takes
// too new a version of.
var supersetPackages = []string{"apache-superset==6.1.0", "rich", "pillow", "cachetools", "flask-caching==2.3.1", "clickhouse-connect==" + clickhouseConnect}

// superset imports deploy/superset into a Superset of its own and reads every
// view, every chart and a query of SQL Lab over its REST API.
func superset(ctx context.Context, i *instance, cache string) (string, error) {
	env := filepath.Join(cache, "superset-6.1.0")
	if err := venv(ctx, env, supersetPackages...); err != nil {
		return "", err
	}
	home, err := os.MkdirTemp("", "askbuy-superset-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(home)
	server, err := startSuperset(ctx, env, home)
	if err != nil {
		return "", err
	}
	saw, err := server.visit(ctx, i)
	return saw, errors.Join(err, server.stop())
}

// supersetServer is a Superset on a port of its own.
type supersetServer struct {
	cmd       *exec.Cmd
	url       string
	password  string
	log       *os.File
	client    *http.Client
	authority string // headers of a session
	csrf      string
}

func startSuperset(ctx context.Context, env, home string) (*supersetServer, error) {
	s := &supersetServer{password: rand.Text(), client: newSession()}
	config := fmt.Sprintf("SECRET_KEY = %q\nSQLALCHEMY_DATABASE_URI = 'sqlite:///%s/superset.db?check_same_thread=false'\nTALISMAN_ENABLED = False\n", rand.Text(), home)
	if err := os.WriteFile(filepath.Join(home, "superset_config.py"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	command := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, filepath.Join(env, "bin", "superset"), args...)
		cmd.Dir = home
		cmd.Env = append(os.Environ(), "FLASK_APP=superset", "SUPERSET_HOME="+home, "SUPERSET_CONFIG_PATH="+filepath.Join(home, "superset_config.py"))
		return cmd
	}
	for _, args := range [][]string{
		{"db", "upgrade"},
		{"fab", "create-admin", "--username", "admin", "--firstname", "a", "--lastname", "b", "--email", "admin@example.com", "--password", s.password},
		{"init"},
	} {
		if out, err := command(args...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("superset %s: %w\n%s", args[0], err, out[max(0, len(out)-2000):])
		}
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	if s.log, err = os.Create(filepath.Join(home, "superset.log")); err != nil {
		return nil, err
	}
	s.url = "http://127.0.0.1:" + port
	s.cmd = command("run", "--host", "127.0.0.1", "--port", port, "--with-threads")
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = until(ctx, "Superset serves", func() error {
		_, err := s.call(ctx, http.MethodGet, "/health", nil)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// freePort is a port that nobody listens on now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

func (s *supersetServer) stop() error {
	err := syscall.Kill(-s.cmd.Process.Pid, syscall.SIGTERM)
	_ = s.cmd.Wait() // it tells of the signal
	return errors.Join(err, s.log.Close())
}

// tail is the end of the server's log.
func (s *supersetServer) tail() string {
	b, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}

// visit does what an analyst does on the first day.
func (s *supersetServer) visit(ctx context.Context, i *instance) (string, error) {
	var saw strings.Builder
	for _, step := range []struct {
		name string
		do   func(context.Context, *instance, io.Writer) error
	}{{"sign in", s.signIn}, {"import", s.importAssets}, {"views", s.readViews}, {"charts", s.readCharts}, {"SQL Lab", s.sqlLab}} {
		if err := step.do(ctx, i, &saw); err != nil {
			return saw.String(), fmt.Errorf("%s: %w\nthe end of Superset's log:\n%s", step.name, err, s.tail())
		}
	}
	return saw.String(), nil
}
