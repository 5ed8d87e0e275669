package web

import (
	"net/http"
	"strings"
)

// Lang is a language of the dashboard.
type Lang string

// The languages.
const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// Langs lists them.
func Langs() []Lang { return []Lang{Chinese, English} }

const langCookie = "askbuy_lang"

// Tag is the language as HTML names it.
func (l Lang) Tag() string {
	if l == Chinese {
		return "zh-CN"
	}
	return "en"
}

// Other is the language to switch to.
func (l Lang) Other() Lang {
	if l == Chinese {
		return English
	}
	return Chinese
}

// langOf is what the address says, else what was chosen before, else what the
// browser likes best.
func langOf(r *http.Request) Lang {
	asked := r.URL.Query().Get("lang")
	if c, err := r.Cookie(langCookie); asked == "" && err == nil {
		asked = c.Value
	}
	if asked == "" {
		asked = r.Header.Get("Accept-Language")
	}
	zh, en := strings.Index(strings.ToLower(asked), "zh"), strings.Index(strings.ToLower(asked), "en")
	if zh >= 0 && (en < 0 || zh < en) {
		return Chinese
	}
	return English
}

// keepLang remembers a language that was chosen.
func keepLang(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("lang") {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: string(langOf(r)), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600})
	}
}
