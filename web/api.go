package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"askbuy/internal/httpserver"
	"askbuy/schemas"
	"askbuy/web/questions"
)

// Key is an API key: it reads the numbers of its shops over /api/v1.
type Key struct {
	Secret string
	Shops  []string // none: all
}

// maxFile is how many rows a CSV file has at most.
const maxFile = 100_000

// apiPath begins every address of the JSON API.
const apiPath = "/api/v1"

// registerAPI adds the JSON API, which answers everything that pages show, and the descriptions of it and of the
// topics, which are no secret.
func (d *Dashboard) registerAPI(mux *http.ServeMux) {
	handle := func(f func(http.ResponseWriter, *http.Request, questions.Scope) error) http.Handler {
		return httpserver.Handler(d.deps.Log, func(w http.ResponseWriter, r *http.Request) error {
			scope, err := d.scope(r)
			if err != nil {
				return err
			}
			return f(w, r, scope)
		})
	}
	mux.Handle("GET "+apiPath, handle(listQuestions))
	mux.Handle("GET "+apiPath+"/"+questions.Process.Name, handle(d.answerProcess))
	mux.Handle("GET "+apiPath+"/{question}", handle(d.answer))
	for _, path := range []string{apiPath, apiPath + "/{question}"} {
		mux.Handle(path, handle(func(w http.ResponseWriter, r *http.Request, _ questions.Scope) error {
			return httpserver.NotAllowed("GET")(w, r)
		}))
	}
	mux.Handle(apiPath+"/", handle(func(http.ResponseWriter, *http.Request, questions.Scope) error {
		return httpserver.Problem(http.StatusNotFound, "not_found", "there is no such address: see GET /api/v1")
	}))
	mux.HandleFunc("GET /openapi.yaml", document(schemas.OpenAPI))
	mux.HandleFunc("GET /asyncapi.yaml", document(schemas.AsyncAPI))
}

func document(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
		_, _ = w.Write(content) // a reader that left reads nothing
	}
}

// scope is what whoever asks may see: by an API key, else by the session of a browser.
func (d *Dashboard) scope(r *http.Request) (questions.Scope, error) {
	if secret, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); given {
		hash := sha256.Sum256([]byte(secret))
		if i := slices.IndexFunc(d.deps.Keys, func(k Key) bool { return sha256.Sum256([]byte(k.Secret)) == hash }); i >= 0 {
			return scopeOf(d.deps.Keys[i].Shops), nil
		}
		return questions.Scope{}, httpserver.Problem(http.StatusUnauthorized, "unauthorized", "this API key is not known")
	}
	if session, ok := d.sessions.find(cookieOf(r)); ok {
		return scopeOf(session.person.Shops), nil
	}
	return questions.Scope{}, httpserver.Problem(http.StatusUnauthorized, "unauthorized", "sign in, or send an API key as Authorization: Bearer KEY")
}

func scopeOf(shops []string) questions.Scope {
	return questions.Scope{All: len(shops) == 0, Shops: shops}
}

// listQuestions says what may be asked.
func listQuestions(w http.ResponseWriter, _ *http.Request, scope questions.Scope) error {
	type question struct {
		Name    string             `json:"name"`
		About   string             `json:"about"`
		Params  []string           `json:"params"`
		Columns []questions.Column `json:"columns"`
		Behind  string             `json:"behind,omitempty"`
	}
	list := []question{}
	for _, q := range append(questions.Catalogue(), questions.Process) {
		if q.AllShops && !scope.All {
			continue
		}
		one := question{q.Name, q.About, []string{}, q.Columns, q.Behind}
		for _, p := range q.AllParams() {
			one.Params = append(one.Params, p.Name)
		}
		list = append(list, one)
	}
	return httpserver.JSON(w, map[string]any{"questions": list})
}

// formats are the forms of an answer.
var formats = []string{"json", "csv", "sql"}

// answer answers one question, as JSON, CSV or SQL.
func (d *Dashboard) answer(w http.ResponseWriter, r *http.Request, scope questions.Scope) error {
	name, given := r.PathValue("question"), r.URL.Query()
	format := given.Get("format")
	given.Del("format")
	lang := Lang(given.Get("lang"))
	given.Del("lang")
	if format == "" {
		format = formats[0]
	}
	if !slices.Contains(formats, format) {
		return httpserver.Problem(http.StatusBadRequest, "bad_parameter", "format: want one of "+strings.Join(formats, ", "))
	}
	ctx, cancel := context.WithTimeout(r.Context(), d.config.QueryTimeout)
	defer cancel()
	var body bytes.Buffer
	var err error
	if format == "sql" {
		var s questions.Statement
		if s, err = d.desk.SQL(ctx, name, given, scope); err == nil {
			body.WriteString(s.Rendered() + "\n")
		}
	} else {
		var a *questions.Answer
		if a, err = d.asked(ctx, format, name, given, scope); err == nil {
			translateDictionary(a, lang)
			err = write(a, format, &body)
		}
	}
	if err != nil {
		return problem(err)
	}
	send(w, name, format, body.Bytes())
	return nil
}

// answerProcess answers from this process's metrics, which no SQL reads.
func (d *Dashboard) answerProcess(w http.ResponseWriter, r *http.Request, scope questions.Scope) error {
	if !scope.All {
		return httpserver.Problem(http.StatusForbidden, "forbidden", "metrics belong to no shop: they are for users of all shops")
	}
	format := cmp.Or(r.URL.Query().Get("format"), formats[0])
	if format != "json" && format != "csv" {
		return httpserver.Problem(http.StatusBadRequest, "bad_parameter", "format: want json or csv: metrics have no SQL")
	}
	a, err := d.process()
	if err != nil {
		return err
	}
	var body bytes.Buffer
	if err := write(a, format, &body); err != nil {
		return err
	}
	send(w, questions.Process.Name, format, body.Bytes())
	return nil
}

// send answers with a file of a form.
func send(w http.ResponseWriter, name, format string, body []byte) {
	w.Header().Set("Content-Type", map[string]string{"json": "application/json", "csv": "text/csv; charset=utf-8", "sql": "application/sql; charset=utf-8"}[format])
	if format != "json" {
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+"."+format+`"`)
	}
	_, _ = w.Write(body) // a reader that left reads nothing
}

// asked answers a page, or for a file the whole.
func (d *Dashboard) asked(ctx context.Context, format, name string, given url.Values, scope questions.Scope) (*questions.Answer, error) {
	if _, err := d.shops.all(ctx); err != nil { // days are those of the shops' zone
		return nil, err
	}
	if format == "csv" {
		return d.desk.AskWhole(ctx, name, given, scope, maxFile)
	}
	return d.desk.Ask(ctx, name, given, scope)
}

func write(a *questions.Answer, format string, body *bytes.Buffer) error {
	if format == "csv" {
		return a.CSV(body)
	}
	return a.JSON(body)
}

// problem says what was wrong with a question, or that the warehouse does not answer.
func problem(err error) error {
	var refused *questions.Refused
	switch {
	case !errors.As(err, &refused):
		return httpserver.Problem(http.StatusServiceUnavailable, "unavailable", "the warehouse does not answer: try again").Because(err)
	case refused.Param == "question":
		return httpserver.Problem(http.StatusNotFound, "not_found", refused.Rule)
	case refused.Forbidden:
		return httpserver.Problem(http.StatusForbidden, "forbidden", err.Error())
	}
	return httpserver.Problem(http.StatusBadRequest, "bad_parameter", err.Error())
}
