package apache

import (
	"encoding/xml"
	"strings"
	"testing"
)

// The version that is told is the one that is fetched.
func TestVersionIsThePoms(t *testing.T) {
	var project struct {
		Dependencies []struct {
			Artifact string `xml:"artifactId"`
			Version  string `xml:"version"`
		} `xml:"dependencies>dependency"`
		Plugins []struct {
			Group    string `xml:"groupId"`
			Artifact string `xml:"artifactId"`
			Version  string `xml:"version"`
		} `xml:"build>plugins>plugin"`
	}
	if err := xml.Unmarshal(pom, &project); err != nil {
		t.Fatal(err)
	}
	if d := project.Dependencies[0]; !strings.HasPrefix(d.Artifact, "kafka_") || d.Version != Version {
		t.Errorf("the pom has %s %s, want %s", d.Artifact, d.Version, Version)
	}
	if p := project.Plugins[0]; strings.Join([]string{p.Group, p.Artifact, p.Version}, ":") != plugin {
		t.Errorf("the pom has plugin %+v, want %s", p, plugin)
	}
}

func TestIdsDoNotBeginWithADash(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := randomID()
		if len(id) != 22 || strings.HasPrefix(id, "-") || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}
