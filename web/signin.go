package web

import (
	"net/http"
	"net/url"
	"strings"
)

// signInForm is what the sign-in page shows.
type signInForm struct {
	Next  string
	Wrong bool // name or password; which of them is not told
	Spent bool // the link was used, or is too old
}

// signInPage shows the form, or takes the one-time link. A program that looks
// where a link leads (HEAD) does not spend it.
func (d *Dashboard) signInPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	form := signInForm{Next: local(q.Get("next"))}
	if link := q.Get("link"); link != "" && r.Method == http.MethodGet {
		undo, wait := d.attempts.begin(r.RemoteAddr)
		if wait > 0 {
			d.metrics.signIns.WithLabelValues("bounded").Inc()
			return tooManyAttempts(wait)
		}
		if person, ok := d.people.follow(link, d.deps.Now()); ok {
			undo()
			return d.enter(w, r, person, "link", form.Next)
		}
		d.metrics.signIns.WithLabelValues("wrong").Inc()
		form.Spent = true
	}
	keepLang(w, r)
	return d.showSignIn(w, r, http.StatusOK, form)
}

func (d *Dashboard) showSignIn(w http.ResponseWriter, r *http.Request, status int, form signInForm) error {
	return d.render(w, status, &visit{lang: langOf(r), url: r.URL}, signInLook, form)
}

// signIn takes a name and a password.
func (d *Dashboard) signIn(w http.ResponseWriter, r *http.Request) error {
	undo, wait := d.attempts.begin(r.RemoteAddr)
	if wait > 0 {
		d.metrics.signIns.WithLabelValues("bounded").Inc()
		return tooManyAttempts(wait)
	}
	name, password, next := r.PostFormValue("name"), r.PostFormValue("password"), local(r.PostFormValue("next"))
	person, ok := d.people.enter(strings.TrimSpace(name), strings.TrimSpace(password))
	if !ok {
		d.metrics.signIns.WithLabelValues("wrong").Inc()
		d.deps.Log.Warn("a sign-in was refused", "from", r.RemoteAddr)
		return d.showSignIn(w, r, http.StatusUnauthorized, signInForm{Next: next, Wrong: true})
	}
	undo()
	return d.enter(w, r, person, "password", next)
}

// enter begins a session. A session that the browser had before ends: nobody
// is kept in one that somebody else began.
func (d *Dashboard) enter(w http.ResponseWriter, r *http.Request, p Person, how, next string) error {
	if before := cookieOf(r); before != "" {
		d.sessions.end(before)
	}
	token, err := d.sessions.start(p)
	if err != nil {
		return err
	}
	d.metrics.signIns.WithLabelValues(how).Inc()
	d.deps.Log.Info("signed in to the dashboard", "name", p.Name, "role", p.Role, "how", how, "from", r.RemoteAddr)
	setSession(w, d.config, token)
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

func (d *Dashboard) signOut(w http.ResponseWriter, r *http.Request, _ *visit) error {
	d.sessions.end(cookieOf(r))
	setSession(w, d.config, "")
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
	return nil
}

// toSignIn sends to the form and remembers where somebody wanted to go.
func toSignIn(w http.ResponseWriter, r *http.Request) {
	to := "/signin"
	if r.Method == http.MethodGet && r.URL.Path != "/" || r.URL.RawQuery != "" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	if r.Header.Get("HX-Request") != "" { // a part of a page: the whole has to go there
		w.Header().Set("HX-Redirect", "/signin")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// local is an address of this dashboard, whatever somebody put into a link.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n") {
		return "/"
	}
	return next
}
