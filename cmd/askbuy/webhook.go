package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"time"

	"askbuy/ingest"
	"askbuy/ingest/sender"
	"askbuy/pipeline"
	"askbuy/schemas/event"
)

type webhookCommand struct {
	Sign   webhookSign   `cmd:"" help:"Print the headers with which a sender would prove a body."`
	Verify webhookVerify `cmd:"" help:"Say which step of a webhook's proof passes or fails, and what its body tells."`
}

// hookKind is how a command says which sender it means.
type hookKind struct {
	Kind      string            `placeholder:"KIND" xor:"sender" help:"Kind of sender: coze, generic, jwt, shopify, standard-webhooks, wechatpay or woocommerce."`
	Source    string            `placeholder:"NAME" xor:"sender" help:"A source of the configuration instead, with its secrets."`
	Secret    []string          `placeholder:"SECRET" sep:"none" help:"Its secret; again for the second one while it is being changed. @FILE reads it from a file."`
	Option    map[string]string `placeholder:"NAME=VALUE" mapsep:"none" help:"An option of the kind, as in the configuration; @FILE reads the value from a file."`
	PublicKey map[string]string `placeholder:"SERIAL=FILE" mapsep:"none" help:"Kind wechatpay: the platform's public key or certificate (PEM)."`
	Shop      string            `default:"default" help:"Shop of the events (default default)."`
	At        string            `placeholder:"TIME" help:"Time to sign or verify at, RFC 3339, in place of now: for a request that was kept."`
	File      string            `required:"" placeholder:"FILE" help:"The body, byte for byte; - is standard input."`
}

// source is the sender that is meant.
func (k hookKind) source(a *app) (pipeline.Source, error) {
	if k.Source == "" && k.Kind == "" {
		return pipeline.Source{}, errors.New("webhook: give --kind or --source")
	}
	if k.Source != "" {
		c, err := a.config()
		if err != nil {
			return pipeline.Source{}, err
		}
		i := slices.IndexFunc(c.Sources, func(s pipeline.Source) bool { return s.Name == k.Source })
		if i < 0 {
			return pipeline.Source{}, fmt.Errorf("--source: the configuration has none named %q: see `askbuy config print`", k.Source)
		}
		return c.Sources[i], nil
	}
	s := pipeline.Source{Name: "webhook", Kind: k.Kind, Shop: k.Shop, Keys: k.PublicKey, Options: map[string]string{}}
	var errs error
	for _, secret := range k.Secret {
		value, err := atFile(secret)
		s.Secrets, errs = append(s.Secrets, value), errors.Join(errs, err)
	}
	for name, option := range k.Option {
		value, err := atFile(option)
		s.Options[name], errs = value, errors.Join(errs, err)
	}
	return s, errs
}

// atFile is the value, or what lies in the file that it names.
func atFile(value string) (string, error) {
	path, ok := strings.CutPrefix(value, "@")
	if !ok {
		return value, nil
	}
	content, err := os.ReadFile(path)
	return strings.TrimRight(string(content), "\r\n"), err
}

// open makes the sender and reads the body.
func (k hookKind) open(a *app) (s *sender.Sender, source pipeline.Source, body []byte, now time.Time, err error) {
	now = time.Now()
	if k.At != "" {
		if now, err = time.Parse(time.RFC3339, k.At); err != nil {
			return nil, source, nil, now, fmt.Errorf("--at: want RFC 3339 like 2026-01-02T15:04:05Z: %w", err)
		}
	}
	if source, err = k.source(a); err != nil {
		return nil, source, nil, now, err
	}
	if s, err = source.Sender(func() time.Time { return now }); err != nil {
		return nil, source, nil, now, fmt.Errorf("webhook: %w", err)
	}
	if k.File == "-" {
		body, err = io.ReadAll(os.Stdin)
	} else {
		body, err = os.ReadFile(k.File)
	}
	return s, source, body, now, err
}

type webhookSign struct {
	hookKind
}

func (c webhookSign) Run(a *app) error {
	s, _, body, _, err := c.open(a)
	if err != nil {
		return err
	}
	h := http.Header{}
	if err := s.Sign(h, body); err != nil {
		return err
	}
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if _, err := fmt.Fprintf(a.stdout, "%s: %s\n", name, h.Get(name)); err != nil {
			return err
		}
	}
	return nil
}

type webhookVerify struct {
	hookKind
	Headers string `required:"" placeholder:"FILE" help:"The request's headers, one Name: value a line."`
}

func (c webhookVerify) Run(a *app) error {
	s, source, body, now, err := c.open(a)
	if err != nil {
		return err
	}
	h, err := readHeaders(c.Headers)
	if err != nil {
		return err
	}
	if err := c.prove(a, s, h, body); err != nil {
		return err
	}
	return tell(a.stdout, s, ingest.Delivery{
		Header: h, Body: body, Arrival: now, Grant: ingest.Grant{Shop: source.Shop}, MaxEvents: ingest.DefaultConfig().MaxBatch,
	})
}

// prove prints each step up to the one that fails.
func (c webhookVerify) prove(a *app, s *sender.Sender, h http.Header, body []byte) error {
	proof, err := s.Verify(h)
	if err == nil && proof.Body != nil {
		err = proof.Body(body)
	}
	var denied *sender.Denied
	if err != nil && !errors.As(err, &denied) {
		return err
	}
	for _, step := range s.Steps() {
		if denied != nil && denied.Step == step {
			fmt.Fprintf(a.stdout, "FAIL %-10s %s\n", step, denied.Why)
			return no(fmt.Errorf("the request is not the sender's: step %s fails", step))
		}
		fmt.Fprintf(a.stdout, "ok   %s\n", step)
	}
	return nil
}

// tell prints what the body comes to.
func tell(w io.Writer, s *sender.Sender, d ingest.Delivery) error {
	m := s.Map(d)
	if refused := m.Refused(); refused != "" {
		fmt.Fprintf(w, "FAIL %-10s %s\n", "body", refused)
		return no(errors.New("the request is the sender's, but its body is refused: " + refused))
	}
	fmt.Fprintln(w, "ok   body")
	if m.Ignored != "" {
		fmt.Fprintln(w, "ignored: "+m.Ignored)
	}
	faults := 0
	for i := range m.Items {
		if f := m.Items[i].Fault; f != nil {
			faults++
			fmt.Fprintf(w, "set aside: %v\n", f)
			continue
		}
		value, err := event.Encode(&m.Items[i].Event)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "event: %s\n", value)
	}
	if faults > 0 {
		return no(fmt.Errorf("%d of %d events would be set aside", faults, len(m.Items)))
	}
	return nil
}

// readHeaders reads what curl, a proxy or a log prints: a request line and
// what stands after an empty line are left out.
func readHeaders(path string) (http.Header, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	first, rest, _ := bytes.Cut(content, []byte("\n"))
	if name, _, isHeader := strings.Cut(string(first), ":"); !isHeader || strings.Contains(name, " ") {
		content = rest
	}
	content = append(bytes.TrimRight(content, "\r\n"), "\r\n\r\n"...)
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(content))).ReadMIMEHeader()
	if err != nil {
		return nil, fmt.Errorf("--headers: want one Name: value a line: %w", err)
	}
	return http.Header(h), nil
}
