package pipeline

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"askbuy/ingest"
	"askbuy/ingest/sender"
)

// Source is a webhook sender of /hooks/{name}. The source of kind jwt named
// coze is that of POST /coze instead, in place of the coze_ settings.
type Source struct {
	Name       string            `koanf:"name"`
	Kind       string            `koanf:"kind"`
	Secrets    []string          `koanf:"secrets"`     // one, or two while it is being changed
	SecretEnv  string            `koanf:"secret_env"`  // variable that holds them, one a line
	SecretFile string            `koanf:"secret_file"` // file that holds them, one a line
	Shop       string            `koanf:"shop"`        // every event is of this shop
	Lenient    bool              `koanf:"lenient"`     // kind jwt: tokens without exp are accepted
	Options    map[string]string `koanf:"options"`     // those of the kind
	Keys       map[string]string `koanf:"keys"`        // kind wechatpay: the platform's public keys by serial, PEM or a file of it
}

// cozeSource is the name of the source behind POST /coze.
const cozeSource = "coze"

var (
	sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	// routeNames label requests that are no webhooks.
	routeNames = []string{"events", "hooks", "intent", "reply", "score"}
)

// errNoSecret says that secrets lie elsewhere, and are not there. Who only
// reads the configuration does without them.
var errNoSecret = errors.New("no secret")

// CheckSources reports every problem of the sources, those of secrets that lie
// elsewhere included.
func CheckSources(c Config) error {
	_, _, err := c.sources(time.Now)
	return err
}

// checkSources is what can be said without such secrets.
func (c Config) checkSources() (problems []error) {
	names := map[string]int{}
	for i, s := range c.Sources {
		field := fmt.Sprintf("sources[%d]", i)
		if problem := c.checkName(s, names, i); problem != nil {
			problems = append(problems, fmt.Errorf("%s.name: %w", field, problem))
		}
		if s.Shop == "" && s.Kind != "jwt" {
			problems = append(problems, fmt.Errorf("%s.shop: must not be empty: name the shop that %q speaks for", field, s.Name))
		}
		if len(s.Shop) > 256 {
			problems = append(problems, fmt.Errorf("%s.shop: at most 256 bytes", field))
		}
		if s.Lenient && s.Kind != "jwt" {
			problems = append(problems, fmt.Errorf("%s.lenient: only kind jwt can be lenient", field))
		}
		if _, err := s.Sender(time.Now); err != nil && !errors.Is(err, errNoSecret) {
			problems = append(problems, fmt.Errorf("%s.%w", field, err))
		}
	}
	return problems
}

func (c Config) checkName(s Source, names map[string]int, i int) error {
	first, taken := names[s.Name]
	names[s.Name] = i
	switch {
	case !sourceName.MatchString(s.Name):
		return fmt.Errorf("%q: use 1 to 64 of a-z, 0-9, hyphen and underscore: it is part of the address", s.Name)
	case taken:
		return fmt.Errorf("%q is that of sources[%d], too: their events could not be told apart", s.Name, first)
	case slices.Contains(routeNames, s.Name):
		return fmt.Errorf("%q is taken by a route: choose another", s.Name)
	case s.Name == cozeSource && s.Kind != "jwt":
		return fmt.Errorf("%q is that of POST /coze, which is of kind jwt: choose another, like coze-callback", s.Name)
	case s.Name == cozeSource && (c.CozeSecret != "" || c.CozeLenient || c.CozeShop != ""):
		return errors.New("the source of POST /coze is set by coze_secret (COZE_SECRET), coze_lenient or coze_shop, too: keep one of both")
	}
	return nil
}

// sources are the hooks and, when it is configured as one, the source of POST
// /coze.
func (c Config) sources(now func() time.Time) (hooks []ingest.Source, coze *ingest.Source, err error) {
	var problems []error
	for i, s := range c.Sources {
		made, err := s.Sender(now)
		if err != nil {
			problems = append(problems, fmt.Errorf("sources[%d] (%s).%w", i, s.Name, err))
			continue
		}
		source := made.Source(s.Name, s.Shop)
		if s.Name == cozeSource {
			source.Prefix = "" // the ids of /coze are as sent
			source.DefaultShop = c.DefaultShop
			coze = &source
			continue
		}
		if s.Kind == "jwt" {
			source.DefaultShop = c.DefaultShop
		}
		hooks = append(hooks, source)
	}
	return hooks, coze, errors.Join(problems...)
}

// Sender makes the source's sender.
func (s Source) Sender(now func() time.Time) (*sender.Sender, error) {
	secrets, err := s.secrets()
	if err != nil {
		return nil, err
	}
	keys := map[string]string{}
	for serial, value := range s.Keys {
		if keys[serial], err = pemOrFile(value); err != nil {
			return nil, fmt.Errorf("keys.%s: %w", serial, err)
		}
	}
	return sender.New(s.Kind, sender.Config{Secrets: secrets, Lenient: s.Lenient, Options: s.Options, Keys: keys, Now: now})
}

// secrets are all that are given, wherever they lie.
func (s Source) secrets() ([]string, error) {
	all := slices.Clone(s.Secrets)
	if s.SecretEnv != "" {
		value := os.Getenv(s.SecretEnv)
		if value == "" {
			return nil, fmt.Errorf("secret_env: the variable %s is not set: %w", s.SecretEnv, errNoSecret)
		}
		all = append(all, lines(value)...)
	}
	if s.SecretFile != "" {
		content, err := os.ReadFile(s.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("secret_file: %w: %w", err, errNoSecret)
		}
		all = append(all, lines(string(content))...)
	}
	return all, nil
}

func lines(text string) (found []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			found = append(found, line)
		}
	}
	return found
}

func pemOrFile(value string) (string, error) {
	if strings.Contains(value, "-----BEGIN ") {
		return value, nil
	}
	content, err := os.ReadFile(value)
	if err != nil {
		return "", fmt.Errorf("neither PEM nor a file of it: %w: %w", err, errNoSecret)
	}
	return string(content), nil
}
