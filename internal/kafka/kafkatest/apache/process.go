package apache

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// java runs a class of the jars, quick to start and small.
func java(ctx context.Context, libs string, args ...string) *exec.Cmd {
	jvm := []string{
		"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", filepath.Join(libs, "*"),
	}
	return exec.CommandContext(ctx, "java", append(jvm, args...)...)
}

// process is a child that writes to a log.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// launch starts a child that only stop ends, or the end of this process. The
// kernel notices that by the thread that started the child, which therefore
// waits for it.
func launch(cmd *exec.Cmd, logFile string) (*process, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = ownGroup()
	p := &process{cmd: cmd, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer close(p.ended)
		defer log.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // Java answers SIGTERM with status 143
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

const stopPatience = 20 * time.Second

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	timer := time.NewTimer(stopPatience)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}
