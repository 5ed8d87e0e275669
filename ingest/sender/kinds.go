package sender

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config is what an operator says of one source.
type Config struct {
	Secrets []string          // one, or two while it is being changed
	Lenient bool              // kind jwt: tokens without exp are good, for ever
	Options map[string]string // those of the kind
	Keys    map[string]string // kind wechatpay: PEM of the vendor's public keys or certificates, by serial
	Now     func() time.Time
}

// kind makes senders of one sort.
type kind struct {
	name    string
	options []string // names that Config.Options may have
	make    func(Config) (*Sender, error)
}

// kinds is every kind. A new one is a file, its vectors, and its line here.
func kinds() []kind {
	return []kind{
		{"jwt", []string{optBound, optUser}, newJWTKind},
		{"coze", []string{optUser}, newCozeKind},
		{"standard-webhooks", []string{optNumbered}, newStandardKind},
		{"shopify", []string{optConv, optUser}, newShopifyKind},
		{"woocommerce", []string{optConv, optUser}, newWooKind},
		{"wechatpay", []string{optConv, optUser, optSerial, optPrivateKey}, newWeChatKind},
		{"generic", []string{optNumbered, optSignatureHeader, optTimestampHeader, optSignaturePrefix}, newGenericKind},
	}
}

// Options that several kinds have.
const (
	optConv     = "conv_attribute" // name of the attribute of an order that holds its conv_id
	optUser     = "user_attribute" // name of the attribute that holds the shopper's user_id
	optNumbered = "numbered"       // numberedByConv: message ids are unique within their conversation only
)

const numberedByConv = "conversation"

// Names are the kinds there are.
func Names() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// New makes a sender of a kind. The error names every setting that is wrong.
func New(kindName string, cfg Config) (*Sender, error) {
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return k.name == kindName })
	if i < 0 {
		return nil, fmt.Errorf("kind: %q is none: use one of %s", kindName, strings.Join(Names(), ", "))
	}
	var problems []error
	for option := range cfg.Options {
		if !slices.Contains(all[i].options, option) {
			problems = append(problems, fmt.Errorf("options.%s: kind %s has no such option, only %v", option, kindName, all[i].options))
		}
	}
	if len(cfg.Secrets) < 1 || len(cfg.Secrets) > 2 || slices.Contains(cfg.Secrets, "") {
		problems = append(problems, errors.New("secrets: want one, or two while it is being changed; give secrets, secret_env or secret_file"))
	}
	if len(cfg.Keys) > 0 && kindName != "wechatpay" {
		problems = append(problems, errors.New("keys: only kind wechatpay has keys"))
	}
	if len(problems) > 0 {
		slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return nil, errors.Join(problems...)
	}
	return all[i].make(cfg)
}

// option is an option's value, or what it is when nothing is said.
func (c Config) option(name, otherwise string) string {
	if value := c.Options[name]; value != "" {
		return value
	}
	return otherwise
}

// secretBytes are the live secrets as keys, each at least so long.
func (c Config) secretBytes(least int) ([][]byte, error) {
	var keys [][]byte
	for i, secret := range c.Secrets {
		if len(secret) < least {
			return nil, fmt.Errorf("secrets[%d]: %d bytes are too short, want at least %d: make one with `openssl rand -hex 32` and give it to the sender, too", i, len(secret), least)
		}
		keys = append(keys, []byte(secret))
	}
	return keys, nil
}
