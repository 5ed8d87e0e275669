package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
)

// misfits says what does not fit into a configuration, each with its setting.
func misfits(err error) error {
	var problems []string
	for _, one := range leaves(err) {
		problems = append(problems, misfit(one))
	}
	slices.Sort(problems)
	return fmt.Errorf("%s (`askbuy config print` shows the keys there are)", strings.Join(problems, "; "))
}

// leaves are the errors that the decoder's tree of errors is made of.
func leaves(err error) []error {
	tree, isTree := errors.AsType[interface {
		error
		Unwrap() []error
	}](err)
	if !isTree {
		return []error{err}
	}
	var all []error
	for _, branch := range tree.Unwrap() {
		all = append(all, leaves(branch)...)
	}
	return all
}

func misfit(err error) string {
	var at *mapstructure.DecodeError
	if !errors.As(err, &at) {
		return err.Error()
	}
	setting, what := at.Name(), at.Unwrap().Error()
	var parse *mapstructure.ParseError
	if errors.As(err, &parse) {
		what = fmt.Sprintf("%q cannot be read as %s", fmt.Sprint(parse.Value), parse.Expected.Type())
	}
	if keys, unknown := strings.CutPrefix(what, "has invalid keys: "); unknown {
		what = "unknown key " + keys
	}
	if setting == "" {
		return what
	}
	return setting + ": " + what
}
