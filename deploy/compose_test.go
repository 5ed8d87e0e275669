package deploy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func loadCompose(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"compose.yaml"}, cli.WithWorkingDirectory("."))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposeHasTheThreeServices(t *testing.T) {
	project := loadCompose(t)
	names := project.ServiceNames()
	for _, want := range []string{"askbuy", "clickhouse", "kafka"} {
		if !slices.Contains(names, want) {
			t.Errorf("no service %s among %v", want, names)
		}
	}
	if _, err := os.Stat(filepath.Join("..", project.Services["askbuy"].Build.Dockerfile)); err != nil {
		t.Error(err)
	}
}

// Every setting that compose gives has to be one that askbuy knows: the flags
// carry the names of the variables.
func TestComposeGivesKnownSettings(t *testing.T) {
	settings, err := os.ReadFile("../cmd/askbuy/settings.go")
	if err != nil {
		t.Fatal(err)
	}
	for name := range loadCompose(t).Services["askbuy"].Environment {
		if !strings.Contains(string(settings), name) {
			t.Errorf("compose sets %s, which is no setting", name)
		}
	}
}

func TestComposeWaitsForWhatItNeeds(t *testing.T) {
	project := loadCompose(t)
	for name, dependency := range project.Services["askbuy"].DependsOn {
		if dependency.Condition != types.ServiceConditionHealthy || project.Services[name].HealthCheck == nil {
			t.Errorf("askbuy does not wait until %s is healthy", name)
		}
	}
	if len(project.Services["askbuy"].DependsOn) != 2 {
		t.Error("askbuy depends on kafka and clickhouse")
	}
}

// Only loopback is published: whoever opens it wider does so knowingly.
func TestComposePublishesLoopbackOnly(t *testing.T) {
	for _, service := range loadCompose(t).Services {
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q", service.Name, port.Published, port.HostIP)
			}
		}
	}
}
