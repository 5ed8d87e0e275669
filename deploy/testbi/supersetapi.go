package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func newSession() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it never fails without options
	}
	return &http.Client{Jar: jar}
}

// call sends JSON, or a form, and gives the answer of a 200.
func (s *supersetServer) call(ctx context.Context, method, path string, body any) ([]byte, error) {
	var content io.Reader
	kind := "" // Superset reads a body as soon as one is announced
	switch b := body.(type) {
	case nil:
	case form:
		content, kind = b.content, b.kind
	default:
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content, kind = bytes.NewReader(encoded), "application/json"
	}
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, content)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Referer", s.url)
	if s.authority != "" {
		r.Header.Set("Authorization", s.authority)
		r.Header.Set("X-CSRFToken", s.csrf)
	}
	response, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer[:min(len(answer), 1000)])
	}
	return answer, err
}

// ask is call, read into a value.
func ask[T any](ctx context.Context, s *supersetServer, method, path string, body any) (T, error) {
	var value T
	answer, err := s.call(ctx, method, path, body)
	if err == nil {
		err = json.Unmarshal(answer, &value)
	}
	return value, err
}

func (s *supersetServer) signIn(ctx context.Context, _ *instance, saw io.Writer) error {
	type token struct {
		Access string `json:"access_token"`
	}
	signed, err := ask[token](ctx, s, http.MethodPost, "/api/v1/security/login", map[string]any{"username": "admin", "password": s.password, "provider": "db", "refresh": false})
	if err != nil {
		return err
	}
	s.authority = "Bearer " + signed.Access
	csrf, err := ask[struct{ Result string }](ctx, s, http.MethodGet, "/api/v1/security/csrf_token/", nil)
	s.csrf = csrf.Result
	fmt.Fprintln(saw, "  signed in to Superset 6.1.0")
	return err
}

// form is the body of an upload.
type form struct {
	content io.Reader
	kind    string
}

// importAssets uploads deploy/superset, with the address of this instance.
func (s *supersetServer) importAssets(ctx context.Context, i *instance, saw io.Writer) error {
	bundle, files, err := pack("deploy/superset", func(name, content string) string {
		if name == "databases/askbuy.yaml" {
			content = strings.Replace(content, "127.0.0.1:8123", strings.TrimPrefix(i.url, "http://"), 1)
		}
		return content
	})
	if err != nil {
		return err
	}
	passwords, err := json.Marshal(map[string]string{"databases/askbuy.yaml": i.readers[0].password})
	if err != nil {
		return err
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("bundle", "askbuy.zip")
	if err != nil {
		return err
	}
	_, err = part.Write(bundle)
	if err := errors.Join(err, w.WriteField("passwords", string(passwords)), w.WriteField("overwrite", "true"), w.Close()); err != nil {
		return err
	}
	_, err = s.call(ctx, http.MethodPost, "/api/v1/assets/import/", form{&body, w.FormDataContentType()})
	fmt.Fprintf(saw, "  imported %d files\n", files)
	return err
}

// pack zips a folder as Superset exports it: everything under one name.
func pack(dir string, change func(name, content string) string) (bundle []byte, files int, err error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f, err := z.Create("askbuy/" + filepath.ToSlash(name))
		if err != nil {
			return err
		}
		files++
		_, err = io.WriteString(f, change(filepath.ToSlash(name), string(content)))
		return err
	})
	err = errors.Join(err, z.Close())
	return out.Bytes(), files, err
}

// listed is one object of a list.
type listed struct {
	ID          int    `json:"id"`
	Table       string `json:"table_name"`
	Slice       string `json:"slice_name"`
	Title       string `json:"dashboard_title"`
	Database    string `json:"database_name"`
	Description string `json:"description"`
}

func (s *supersetServer) list(ctx context.Context, kind string) ([]listed, error) {
	type page struct {
		Result []listed `json:"result"`
	}
	found, err := ask[page](ctx, s, http.MethodGet, "/api/v1/"+kind+"/?q="+url.QueryEscape("(page_size:100)"), nil)
	return found.Result, err
}

// data is what a chart is drawn from.
type data struct {
	Result []struct {
		Rowcount int    `json:"rowcount"`
		Error    string `json:"error"`
		Data     []map[string]any
	} `json:"result"`
}

// rows counts the rows, or says what went wrong.
func (d data) rows() (int, error) {
	if len(d.Result) != 1 {
		return 0, fmt.Errorf("%d results, want 1", len(d.Result))
	}
	if d.Result[0].Error != "" {
		return 0, errors.New(d.Result[0].Error)
	}
	return d.Result[0].Rowcount, nil
}

// readViews reads every dataset, of which there is one for every view that
// has columns.
func (s *supersetServer) readViews(ctx context.Context, i *instance, saw io.Writer) error {
	names, err := i.sql(ctx, "SELECT DISTINCT table FROM system.columns WHERE database = 'bi' ORDER BY table")
	if err != nil {
		return err
	}
	views := strings.Fields(names)
	datasets, err := s.list(ctx, "dataset")
	if err != nil {
		return err
	}
	total := 0
	for _, view := range views {
		at := slices.IndexFunc(datasets, func(d listed) bool { return d.Table == view })
		if at < 0 {
			return fmt.Errorf("there is no dataset of bi.%s", view)
		}
		columns, err := i.sql(ctx, "SELECT name FROM system.columns WHERE database = 'bi' AND table = '"+view+"' ORDER BY position")
		if err != nil {
			return err
		}
		query := map[string]any{"columns": strings.Fields(columns), "metrics": []any{}, "orderby": []any{}, "row_limit": 20, "time_range": "No filter"}
		got, err := ask[data](ctx, s, http.MethodPost, "/api/v1/chart/data", map[string]any{
			"datasource": map[string]any{"id": datasets[at].ID, "type": "table"}, "queries": []any{query}, "result_format": "json", "result_type": "full", "force": true,
		})
		if err != nil {
			return fmt.Errorf("bi.%s: %w", view, err)
		}
		rows, err := got.rows()
		if err != nil {
			return fmt.Errorf("bi.%s: %w", view, err)
		}
		total += rows
	}
	fmt.Fprintf(saw, "  read %d views through datasets, %d rows\n", len(views), total)
	return nil
}

// readCharts asks for the data of every chart that was imported.
func (s *supersetServer) readCharts(ctx context.Context, _ *instance, saw io.Writer) error {
	charts, err := s.list(ctx, "chart")
	if err != nil {
		return err
	}
	dashboards, err := s.list(ctx, "dashboard")
	if err != nil || len(charts) == 0 || len(dashboards) != 1 {
		return errors.Join(err, fmt.Errorf("%d charts on %d dashboards", len(charts), len(dashboards)))
	}
	for _, c := range charts {
		got, err := ask[data](ctx, s, http.MethodGet, fmt.Sprintf("/api/v1/chart/%d/data/?force=true", c.ID), nil)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Slice, err)
		}
		rows, err := got.rows()
		if err != nil || rows == 0 {
			return errors.Join(err, fmt.Errorf("%s: %d rows", c.Slice, rows))
		}
		fmt.Fprintf(saw, "  chart %s: %d rows\n", c.Slice, rows)
	}
	fmt.Fprintf(saw, "  dashboard %s\n", dashboards[0].Title)
	return nil
}

// sqlLab runs a shipped question, and is refused a statement that writes.
func (s *supersetServer) sqlLab(ctx context.Context, _ *instance, saw io.Writer) error {
	databases, err := s.list(ctx, "database")
	if err != nil || len(databases) != 1 {
		return errors.Join(err, fmt.Errorf("%d databases", len(databases)))
	}
	sql, err := os.ReadFile("docs/queries/01_four_numbers.sql")
	if err != nil {
		return err
	}
	execute := func(sql string) ([]byte, error) {
		return s.call(ctx, http.MethodPost, "/api/v1/sqllab/execute/", map[string]any{
			"client_id": "askbuy", "database_id": databases[0].ID, "schema": "bi", "sql": sql, "runAsync": false, "queryLimit": 100, "expand_data": true,
		})
	}
	answer, err := execute(string(sql))
	if err != nil {
		return err
	}
	var got struct{ Data []map[string]any }
	if err := json.Unmarshal(answer, &got); err != nil || len(got.Data) != 1 {
		return errors.Join(err, fmt.Errorf("the four numbers: %s", answer[:min(len(answer), 500)]))
	}
	fmt.Fprintf(saw, "  SQL Lab: the four numbers %v\n", got.Data[0])
	if answer, err := execute("CREATE TABLE bi.x (a Int8) ENGINE = Memory"); err == nil {
		return fmt.Errorf("SQL Lab may create a table: %s", answer)
	}
	return nil
}
