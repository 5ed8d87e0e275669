//go:build linux && amd64 && !noembed

package embedded

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// hasLibrary says whether libchdb.so is published for this platform.
const hasLibrary = true

// envChild carries the library's path to the child.
const envChild = "ASKBUY_EMBEDDED_CLICKHOUSE_CHILD"

// Main turns this process into the ClickHouse server when it was started as one, and otherwise returns at once.
func Main() {
	lib := os.Getenv(envChild)
	if lib == "" {
		return
	}
	unix.Umask(0o077)
	runtime.LockOSThread()
	if err := runLibrary(lib, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "embedded clickhouse:", err)
		os.Exit(1)
	}
	// Go's exit runs no C exit handlers, which would race with the server's own threads.
	os.Exit(0)
}

// runLibrary blocks for the life of the server.
func runLibrary(lib string, args []string) error {
	handle, err := purego.Dlopen(lib, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return err
	}
	var cmdline func(argc int32, argv unsafe.Pointer) uintptr
	var resultError func(uintptr) string
	purego.RegisterLibFunc(&cmdline, handle, "chdb_query_cmdline")
	purego.RegisterLibFunc(&resultError, handle, "chdb_result_error")
	// The library looks at argv[0] and wants this name.
	argv := []*byte{cString("clickhouse")}
	for _, a := range args {
		argv = append(argv, cString(a))
	}
	argv = append(argv, nil)
	result := cmdline(int32(len(argv)-1), unsafe.Pointer(&argv[0]))
	runtime.KeepAlive(argv)
	if result == 0 {
		return nil
	}
	if msg := resultError(result); msg != "" {
		return fmt.Errorf("%s", msg)
	}
	return nil
}

func cString(s string) *byte { b := append([]byte(s), 0); return &b[0] }

// bootQueries open the listeners and then leave their ports in a file, in this order: the file's last byte
// means both listen.
const bootQueries = "SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; " +
	"SELECT getServerPort('http_port'), getServerPort('tcp_port') INTO OUTFILE '" + portsFile + "' TRUNCATE FORMAT TSV"

// launchLibrary starts this executable again as the server. Its input is a terminal, see the package comment.
func launchLibrary(lib string, s *settings, lock *os.File) (*child, error) {
	master, slave, err := openTerminal()
	if err != nil {
		return nil, fmt.Errorf("open a terminal for ClickHouse: %w", err)
	}
	defer slave.Close()
	// /proc/self/exe is this program even after its file was rebuilt or removed.
	cmd := exec.Command("/proc/self/exe", "--config-file="+s.path(configFile), "--log-level=warning",
		"--interactive", "--disable_suggestion", "--history_file=/dev/null", "--highlight=0",
		"--progress=off", "--progress-table=off", "--query", bootQueries)
	cmd.Args[0] = "askbuy-clickhouse"
	cmd.Env = append(childEnv(s.Dir), envChild+"="+lib)
	cmd.Stdin = slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	drained := drain(master)
	leave := func() { _, _ = master.WriteString("exit\n") } // one that is gone needs no word
	released := func() { master.Close(); <-drained }
	c, err := launch(cmd, s, lock, leave, released)
	if err != nil {
		released()
		return nil, err
	}
	return c, nil
}
