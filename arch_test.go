package askbuy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "askbuy/"

// everybodys is the package that any room may import.
const everybodys = "internal/wait"

// mayImport is the house: each room and the rooms it may open a door to. A
// package that is not listed may not exist, an import that is not listed may
// not happen. "*" is everything.
var mayImport = map[string][]string{
	".":                               {},
	"schemas":                         {},
	"schemas/event":                   {},
	"schemas/schematest":              {"schemas"},
	"schemas/clickhouse":              {"schemas/event"},
	"schemas/clickhouse/meaningtest":  {"internal/clickhouse", "schemas/event"},
	"models/intent":                   {},
	"models/intent/train":             {"models/intent", "internal/judge"},
	"models/intent/learn":             {"models/intent", "models/intent/train", "internal/judge"},
	"models/intent/learn/learntest":   {"models/intent/learn", "models/intent/train"},
	"models/intent/eval":              {"models/intent", "models/intent/train", "models/intent/learn", "models/intent/learn/learntest", "internal/judge"},
	"models/faq":                      {"models/intent"},
	"models/registry":                 {"models/intent", "schemas/event", "schemas/clickhouse", "internal/kafka", "internal/clickhouse"},
	"models/intent/internal/generate": {"models/intent", "models/intent/train"},
	"ingest":                          {"schemas/event", "ingest/dedup", "ingest/mask", "internal/httpserver", "internal/surrogate", "internal/crash"},
	"ingest/dedup":                    {"schemas/event", "internal/crash"},
	"ingest/spool":                    {"ingest", "schemas/event", "internal/crash"},
	"ingest/mask":                     {},
	"ingest/sender":                   {"ingest", "schemas/event"},
	"processors":                      {"schemas/event", "models/intent", "internal/kafka", "internal/clickhouse", "internal/crash"},
	"scorers":                         {"schemas/event", "internal/kafka"},
	"reply":                           {"reply/turn", "schemas/event", "models/faq", "models/intent", "internal/experiment", "internal/kafka", "internal/httpserver", "internal/surrogate"},
	"reply/shop":                      {"reply/turn", "schemas/event"},
	"reply/turn":                      {"schemas/event", "models/intent"},
	"reply/conversation":              {"reply/turn", "schemas/event", "internal/kafka"},
	"reply/handoffs":                  {"reply/conversation", "reply/turn", "schemas/event", "internal/httpserver", "internal/surrogate"},
	"reply/live":                      {"reply/turn", "schemas/event", "internal/kafka", "internal/httpserver"},
	"reply/dialogue":                  {"reply/turn", "models/faq", "models/intent"},
	"reply/safety":                    {"reply/turn"},
	"reply/cache":                     {"reply/turn"},
	"reply/hotfile":                   {},
	"reply/profile":                   {"reply/turn", "schemas/event", "internal/clickhouse"},
	"reply/llm":                       {"reply/turn", "reply/safety"},
	"reply/llm/llmtest":               {},
	"reply/knowledge":                 {"schemas/event", "models/faq", "internal/kafka", "internal/clickhouse", "internal/httpserver"},
	"sinks":                           {"schemas/event", "schemas/clickhouse", "internal/kafka", "internal/clickhouse", "internal/crash"},
	"report":                          {"schemas/event", "schemas/clickhouse", "internal/clickhouse", "internal/experiment", "internal/judge", "report/inference", "models/intent"},
	"web/questions":                   {"internal/clickhouse", "schemas/clickhouse"},
	"internal/crash":                  {},
	"report/inference":                {"internal/experiment"},
	"internal/httpserver":             {},
	"internal/surrogate":              {},
	everybodys:                        {},
	"internal/bubble":                 {},
	"internal/keyring":                {},
	"internal/judge":                  {},
	"internal/experiment":             {},
	"internal/erasure":                {"schemas/event", "schemas/clickhouse", "internal/clickhouse"},
	"internal/kafka":                  {"schemas/event", "internal/crash"},
	"internal/kafka/embedded":         {},
	"internal/kafka/kafkatest":        {"internal/kafka"},
	"internal/clickhouse":             {"internal/crash"},
	"internal/clickhouse/embedded":    {},
	"internal/clickhouse/embedded/fetchengine": {"internal/clickhouse/embedded"},
	"internal/clickhouse/clickhousetest":       {"internal/clickhouse", "internal/clickhouse/embedded"},
	"internal/simulator":                       {"internal/simulator/truth", "internal/experiment", "schemas/event"},
	"internal/simulator/doortest":              {"schemas/event"},
	"internal/simulator/truth":                 {"schemas/event"},
	"internal/simulator/verify":                {"internal/simulator/truth", "schemas/event", "internal/clickhouse"},
	"deploy":                                   {},
	"deploy/testbi":                            {},
	"web":                                      {"internal/clickhouse", "internal/httpserver", "schemas", "web/questions"},
	"web/rollups":                              {"internal/clickhouse", "schemas/clickhouse"},
	"web/webtest":                              {"internal/clickhouse", "internal/clickhouse/clickhousetest", "schemas/clickhouse", "web/rollups"},
	"pipeline":                                 {"*"},
	"cmd/askbuy":                               {"*"},
	"bench":                                    {"*"},

	"internal/kafka/kafkatest/apache":              {},
	"internal/kafka/kafkatest/apache/testservices": {"internal/kafka/kafkatest", "internal/kafka/kafkatest/apache"},
}

// onlyIn confines a heavy dependency to the rooms that are for it.
var onlyIn = map[string][]string{
	"github.com/lovoo/goka":                  {"processors", "internal/kafka", "reply/conversation"},
	"github.com/IBM/sarama":                  {"internal/kafka"},
	"github.com/twmb/franz-go":               {"internal/kafka", "internal/kafka/embedded", "internal/kafka/kafkatest", "internal/kafka/kafkatest/apache"},
	"github.com/ClickHouse/clickhouse-go/v2": {"internal/clickhouse"},
	"github.com/pressly/goose/v3":            {"internal/clickhouse"},
	"github.com/ebitengine/purego":           {"internal/clickhouse/embedded"},
	"github.com/bits-and-blooms/bloom/v3":    {"ingest/dedup", "sinks"},
	"github.com/golang-jwt/jwt/v5":           {"ingest/sender", "internal/simulator", "cmd/askbuy"},
	"github.com/alecthomas/kong":             {"cmd/askbuy"},
	"github.com/knadh/koanf":                 {"cmd/askbuy"},
	"github.com/failsafe-go/failsafe-go":     {"scorers", "reply/llm"},
	"github.com/sashabaranov/go-openai":      {"reply/llm"},
	"gonum.org/v1/gonum":                     {"report", "report/inference"},
	"golang.org/x/crypto":                    {"web"},
	"github.com/chromedp/chromedp":           {"web/webtest"},
}

// standardOnly are the packages that everybody imports, so that they bring
// nothing along.
var standardOnly = []string{"schemas/event"}

func TestHouse(t *testing.T) {
	comments := map[string]bool{}
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "testdata" || entry.Name() == "tools"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(file, ".go"):
			return nil
		}
		// Parsing here, rather than asking the go command, lets the test cache
		// see what this test depends on.
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		room := path.Dir(file)
		comments[room] = comments[room] || parsed.Doc != nil
		if !strings.HasSuffix(file, "_test.go") {
			checkImports(t, room, file, parsed.Imports)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room, commented := range comments {
		if !commented {
			t.Errorf("%s: no file has a package comment", room)
		}
	}
}

func checkImports(t *testing.T, room, file string, imports []*ast.ImportSpec) {
	t.Helper()
	allowed, known := mayImport[room]
	if !known {
		t.Errorf("%s: unknown room: add it to mayImport and to ARCHITECTURE.md", room)
		return
	}
	for _, spec := range imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		target, ours := strings.CutPrefix(imported, module)
		if ours && target != everybodys && !slices.Contains(allowed, target) && !slices.Contains(allowed, "*") {
			t.Errorf("%s imports %s: not allowed", file, target)
		}
		if strings.Contains(strings.Split(imported, "/")[0], ".") && slices.Contains(standardOnly, room) {
			t.Errorf("%s imports %s: the standard library alone is allowed there", file, imported)
		}
		for dependency, rooms := range onlyIn {
			if (imported == dependency || strings.HasPrefix(imported, dependency+"/")) && !slices.Contains(rooms, room) {
				t.Errorf("%s imports %s: only %v may", file, imported, rooms)
			}
		}
	}
}
