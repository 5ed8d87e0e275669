package intent

import (
	"strings"
	"testing"
)

var benchTexts = map[string]string{
	"zh20":  "这款手机壳多少钱，现在下单今天能发货吗？",
	"zh200": strings.Repeat("这款手机壳多少钱，现在下单今天能发货吗？", 10),
	"en66":  "hi, is this still available? can you do 20% off if i buy two today",
	"mixed": "这件T恤 size M 能发到泰国吗?",
}

func BenchmarkScore(b *testing.B) {
	m := Default()
	for _, name := range []string{"zh20", "zh200", "en66", "mixed"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Score(benchTexts[name])
			}
		})
	}
}

func BenchmarkParts(b *testing.B) {
	m := Default()
	text := benchTexts["zh20"]
	features := Features(nil, text)
	b.Run("features", func(b *testing.B) {
		for b.Loop() {
			features = Features(features[:0], text)
		}
	})
	b.Run("evidence", func(b *testing.B) {
		for b.Loop() {
			m.weigh(features, Other)
		}
	})
	b.Run("topic", func(b *testing.B) {
		for b.Loop() {
			var named Scored
			m.name(&named, features)
		}
	})
	b.Run("evidence and intent", func(b *testing.B) {
		for b.Loop() {
			var named Scored
			features = Features(features[:0], text)
			m.name(&named, features)
			named.Evidence = m.weigh(features, named.Act)
		}
	})
	b.Run("entities", func(b *testing.B) {
		var found []Entity
		for b.Loop() {
			found, _ = m.lexicon.scan(found[:0], text)
		}
	})
}

func BenchmarkFold(b *testing.B) {
	points := make([]Point, 20)
	for i := range points {
		points[i] = Point{Params: Default().Params(), TS: int64(i) * 25_000, Evidence: float64(i%5) - 2}
	}
	b.ReportAllocs()
	for b.Loop() {
		Fold("s", points, nil)
	}
}
