package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"askbuy/pipeline"
)

type configCommand struct {
	Print configPrint `cmd:"" help:"Print the effective configuration as YAML."`
	Check configCheck `cmd:"" help:"Check the configuration and say every problem at once."`

	HashPassword configHash `cmd:"" help:"Read a password of the dashboard from the input, and print what password_hash holds."`
}

type configPrint struct {
	Redact bool `help:"Show secrets as ***."`
}

func (p configPrint) Run(a *app) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	out, err := yaml.Marshal(settings(reflect.ValueOf(c.Effective()), p.Redact))
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(out)
	return err
}

type configCheck struct{}

func (configCheck) Run(a *app) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	if err := errors.Join(pipeline.CheckSources(c), pipeline.CheckReplyFiles(c)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, "configuration is good")
	return err
}

type configHash struct{}

func (configHash) Run(a *app) error {
	password, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read password: %w", err)
	}
	hash, err := pipeline.HashPassword(strings.TrimRight(password, "\r\n"))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, hash)
	return err
}

// settings turns a configuration into the form of its file.
func settings(v reflect.Value, redact bool) any {
	switch v.Kind() {
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			key := v.Type().Field(i).Tag.Get("koanf")
			if key == "" || key == "-" {
				continue
			}
			out[key] = settings(v.Field(i), redact)
			if redact {
				out[key] = redacted(key, out[key])
			}
		}
		return out
	case reflect.Slice:
		out := []any{}
		for i := range v.Len() {
			out = append(out, settings(v.Index(i), redact))
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for _, key := range v.MapKeys() {
			out[key.String()] = settings(v.MapIndex(key), redact)
			if redact {
				out[key.String()] = redacted(key.String(), out[key.String()])
			}
		}
		return out
	}
	return v.Interface()
}

// redacted hides secrets, lists of them, and the password within an address.
// Where a secret lies is none.
func redacted(key string, value any) any {
	if list, ok := value.([]any); ok {
		for i := range list {
			list[i] = redacted(key, list[i])
		}
		return list
	}
	s, isString := value.(string)
	if !isString || s == "" || key == "secret_env" || key == "secret_file" {
		return value
	}
	for _, word := range []string{"secret", "password", "key"} {
		if strings.Contains(key, word) {
			return "***"
		}
	}
	if key == "clickhouse_dsn" {
		return pipeline.RedactDSN(s)
	}
	return s
}
