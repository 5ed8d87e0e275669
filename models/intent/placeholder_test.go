package intent

import "testing"

func TestUnmasked(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "hi": "hi", "打 [phone] 给我": "打   给我", "[address][email]": "  ", "[id-card": "[id-card", "[[phone]": "[ ",
		"[微笑]": "[微笑]", "[]": "[]", "[Phone]": "[Phone]", "[a phone]": "[a phone]", "x]": "x]",
	} {
		if got := unmasked(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// What is masked before it is scored says the same as without it.
func TestMaskedTextsSayWhatIsLeft(t *testing.T) {
	m := Default()
	for _, text := range []string{"怎么退货?我的电话", "帮我改一下地址", "where is my parcel"} {
		masked, plain := m.Score(text+"[phone]"), m.Score(text+" ")
		if masked.Act != plain.Act || masked.Evidence != plain.Evidence || len(masked.Entities) != len(plain.Entities) || masked.Language != plain.Language {
			t.Errorf("%s: %+v, without the placeholder %+v", text, masked, plain)
		}
	}
}
