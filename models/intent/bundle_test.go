package intent

import (
	"bytes"
	"compress/gzip"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// asFS lays a bundle out as files in memory.
func asFS(t testing.TB, b *Bundle) fstest.MapFS {
	t.Helper()
	files, err := b.Files()
	if err != nil {
		t.Fatal(err)
	}
	dir := fstest.MapFS{}
	for name, content := range files {
		dir[name] = &fstest.MapFile{Data: content}
	}
	return dir
}

// smallBundle is sealed and has hardly any weights.
func smallBundle(t testing.TB) *Bundle {
	t.Helper()
	b := &Bundle{Manifest: NewManifest(), Evidence: make([]int8, 256), Topics: make([]int8, 256*Lanes)}
	b.Manifest.EvidenceBits, b.Manifest.TopicBits = 8, 8
	b.Manifest.EvidenceScale, b.Manifest.TopicScale = .01, .1
	b.Manifest.Topics = []Topic{{"greeting", 0}, {"complaint", .5}}
	b.Manifest.Params = *Default().Params()
	for i := range b.Evidence {
		b.Evidence[i] = int8(i)
	}
	for i := range b.Topics {
		b.Topics[i] = int8(i * 7)
	}
	if err := b.Seal([]string{"你好", "", "hello there"}); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBundleSurvivesItsFiles(t *testing.T) {
	b := smallBundle(t)
	got, err := ReadBundle(asFS(t, b))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Load(got)
	if err != nil {
		t.Fatal(err)
	}
	if m.ID() != b.Manifest.ID || m.Score("你好").Evidence != b.Golden[0].Evidence {
		t.Errorf("model %s scores %v, want %s, %v", m.ID(), m.Score("你好").Evidence, b.Manifest.ID, b.Golden[0].Evidence)
	}
}

func TestShippedBundle(t *testing.T) {
	info, err := os.Stat("default/" + weightsFile)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 1_000_000 {
		t.Errorf("weights take %d bytes, want at most 1,000,000", info.Size())
	}
	if id := Default().ID(); !strings.HasPrefix(id, "sha256:") || len(id) != len("sha256:")+16 {
		t.Errorf("id %q", id)
	}
	if got := len(Default().Manifest().Topics); got != len(Intents()) {
		t.Errorf("%d topics, want all intents", got)
	}
}

// Every fault of a bundle is refused, with what is wrong.
func TestBundleFaults(t *testing.T) {
	f := func(name, want string, spoil func(fstest.MapFS)) {
		t.Helper()
		dir := asFS(t, smallBundle(t))
		spoil(dir)
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", name, err, want)
		}
	}
	replace := func(file, old, new string) func(fstest.MapFS) {
		return func(dir fstest.MapFS) {
			if !bytes.Contains(dir[file].Data, []byte(old)) {
				t.Fatalf("%s does not contain %q", file, old)
			}
			dir[file].Data = bytes.ReplaceAll(dir[file].Data, []byte(old), []byte(new))
		}
	}
	pack := func(raw []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(raw) // into memory
		_ = w.Close()
		return b.Bytes()
	}
	f("no manifest", manifestFile, func(d fstest.MapFS) { delete(d, manifestFile) })
	f("no weights", weightsFile, func(d fstest.MapFS) { delete(d, weightsFile) })
	f("no golden texts", goldenFile, func(d fstest.MapFS) { delete(d, goldenFile) })
	f("another weight", "copy the bundle anew", func(d fstest.MapFS) {
		raw := smallBundle(t).weights()
		raw[9]++
		d[weightsFile].Data = pack(raw)
	})
	f("too few weights", "EOF", func(d fstest.MapFS) { d[weightsFile].Data = pack(make([]byte, 100)) })
	f("too many weights", "more than the", func(d fstest.MapFS) { d[weightsFile].Data = pack(make([]byte, 257*33)) })
	f("no gzip", "gzip", func(d fstest.MapFS) { d[weightsFile].Data = []byte("no gzip at all") })
	f("another golden text", "copy the bundle anew", replace(goldenFile, "你好", "您好"))
	f("another seed", "copy the bundle anew", replace(manifestFile, `"seed": 0`, `"seed": 1`))
	f("an unknown field", "unknown", replace(manifestFile, `"seed": 0`, `"Seed": 0`))
	f("huge tables", "evidence_bits", replace(manifestFile, `"evidence_bits": 8`, `"evidence_bits": 60`))
	f("another featurizer", "train the model anew", replace(manifestFile, `"featurizer": 3`, `"featurizer": 4`))
	f("an unknown topic", "taxonomy", replace(manifestFile, `"greeting"`, `"weather"`))
	f("a topic twice", "comes twice", replace(manifestFile, `"greeting"`, `"complaint"`))
	f("a long file", "more than", func(d fstest.MapFS) { d[goldenFile].Data = make([]byte, maxFile+1) })
}

// Golden texts that score otherwise mean that texts are read otherwise.
func TestDriftIsRefused(t *testing.T) {
	f := func(by float64, refused bool) {
		t.Helper()
		b := smallBundle(t)
		b.Golden[2].Evidence += by
		if _, err := Load(b); (err != nil) != refused {
			t.Errorf("drift %v: %v, want refused %v", by, err, refused)
		}
	}
	f(0, false)
	f(.0005, false)
	f(.002, true)
	f(-.002, true)
	b := smallBundle(t)
	b.Golden[0].Topic = "other"
	if _, err := Load(b); err == nil {
		t.Error("another topic is accepted")
	}
	b = smallBundle(t)
	b.Golden = nil
	if _, err := Load(b); err == nil {
		t.Error("a bundle without golden texts is accepted")
	}
}

func FuzzReadBundle(f *testing.F) {
	files, err := smallBundle(f).Files()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(files[manifestFile], files[weightsFile], files[goldenFile])
	f.Add([]byte("{}"), []byte{}, []byte("[]"))
	f.Fuzz(func(t *testing.T, manifest, weights, golden []byte) {
		m, err := Open(fstest.MapFS{manifestFile: {Data: manifest}, weightsFile: {Data: weights}, goldenFile: {Data: golden}})
		if err == nil {
			m.Score("有优惠券吗")
			Fold("s", []Point{point(m.Params(), 0, 1), point(m.Params(), 1, 2)}, nil)
		}
	})
}
