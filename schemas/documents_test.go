package schemas_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the documents anew")

// hold compares a document with its file.
func hold(t *testing.T, file, head string, document object) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(head)
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(document); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stands, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stands, b.Bytes()) {
		t.Errorf("%s does not say what the code does: run go test ./schemas -update, and look at the difference", file)
	}
}

// object is a mapping of YAML; its keys are sorted.
type object = map[string]any
