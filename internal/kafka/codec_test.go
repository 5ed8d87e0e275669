package kafka_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"askbuy/internal/kafka"
)

func numbers() kafka.Codec[int] {
	return kafka.NewCodec(
		func(n int) ([]byte, error) { return strconv.AppendInt(nil, int64(n), 10), nil },
		func(b []byte) (int, error) {
			if string(b) == "panic" {
				panic("a bug in a decoder")
			}
			return strconv.Atoi(string(b))
		})
}

func TestCodecNeverFailsToDecode(t *testing.T) {
	for _, raw := range []string{"", "x", "panic", "1x"} {
		v, err := numbers().Decode([]byte(raw))
		p, ok := v.(*kafka.Poison)
		if err != nil || !ok || string(p.Raw) != raw || p.Err == nil {
			t.Errorf("%q: %v %v", raw, v, err)
		}
		back, err := numbers().Encode(v)
		if err != nil || string(back) != raw {
			t.Errorf("%q went back as %q, %v", raw, back, err)
		}
	}
	if v, err := numbers().Decode([]byte("42")); v != 42 || err != nil {
		t.Errorf("42: %v %v", v, err)
	}
	if v, err := numbers().Decode(nil); err != nil || v.(*kafka.Poison).Err == nil {
		t.Errorf("no value: %v %v", v, err)
	}
	if _, err := numbers().Encode("not a number"); err == nil {
		t.Error("encoded a string as a number")
	}
}

func FuzzCodecDecode(f *testing.F) {
	f.Add([]byte("42"))
	f.Add([]byte("panic"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := numbers().Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := v.(*kafka.Poison); ok && string(p.Raw) != string(raw) {
			t.Fatalf("poison of %q holds %q", raw, p.Raw)
		}
	})
}

func TestPlacedNamesAllButTheKey(t *testing.T) {
	const key = "3:abcsecret"
	right := kafka.Partition([]byte(key), 8)
	if err := kafka.Placed("in", key, right, 8); err != nil {
		t.Error(err)
	}
	err := kafka.Placed("in", key, (right+1)%8, 8)
	if !errors.Is(err, kafka.ErrMisplaced) || !strings.Contains(err.Error(), "topic in, key of 11 bytes") || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}
