package pipeline

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"askbuy/internal/httpserver"
	"askbuy/models/intent"
	"askbuy/report"
	"askbuy/report/inference"
	"askbuy/web"
)

// User is somebody who may sign in to the dashboard, beside the administrator
// whose password is admin_password.
type User struct {
	Name         string   `koanf:"name"`
	PasswordHash string   `koanf:"password_hash"` // bcrypt
	Role         string   `koanf:"role"`          // viewer, operator or admin
	Shops        []string `koanf:"shops"`
	AllShops     bool     `koanf:"all_shops"` // in place of shops
}

// minAdminPassword is the least length of a configured admin_password.
const minAdminPassword = 16

// checkUsers reports what is wrong with those who may sign in.
func (c Config) checkUsers() (problems []error) {
	if n := len(c.AdminPassword); n > 0 && n < minAdminPassword {
		problems = append(problems, fmt.Errorf("admin_password: has %d bytes, fewer than %d: generate one with `openssl rand -hex 32`", n, minAdminPassword))
	}
	seen := map[string]bool{}
	for i, u := range c.Users {
		if err := checkShops(fmt.Sprintf("users[%d]", i), u.Shops, u.AllShops); err != nil {
			problems = append(problems, err)
		}
	}
	for i, u := range c.users() {
		if err := u.Validate(); err != nil {
			problems = append(problems, fmt.Errorf("users[%d].%w", i, err))
		}
		if seen[u.Name] {
			problems = append(problems, fmt.Errorf("users[%d].name: %q is there before: names are used once", i, u.Name))
		}
		seen[u.Name] = true
	}
	return problems
}

func (c Config) users() []web.User {
	users := make([]web.User, 0, len(c.Users))
	for _, u := range c.Users {
		users = append(users, web.User{Name: u.Name, PasswordHash: u.PasswordHash, Role: web.Role(u.Role), Shops: u.Shops})
	}
	return users
}

// HashPassword makes what a user's password_hash holds.
func HashPassword(password string) (string, error) { return web.HashPassword(password) }

// Name is what people call something of which there is an id.
func Name(kind web.Kind, id string, l web.Lang) string {
	var en, zh string
	switch kind {
	case web.Intent:
		label := intent.LabelOf(id)
		en, zh = label.English, label.Chinese
	case web.Metric:
		text := inference.MetricName(id)
		en, zh = text.EN, text.ZH
	default:
		return id
	}
	if l == web.Chinese {
		return zh
	}
	return en
}

// newDashboard is role dashboard, and the link that opens it once.
func newDashboard(w wiring, d *doors) (_ *web.Dashboard, link string, err error) {
	token := make([]byte, 32)
	if _, err := rand.Read(token); err != nil {
		return nil, "", fmt.Errorf("make the sign-in link: %w", err)
	}
	link = hex.EncodeToString(token)
	letters, err := newLetterDesk(w, d)
	if err != nil {
		return nil, "", err
	}
	config := web.DefaultConfig()
	config.SecureCookies = w.config.DashboardHTTPS
	dashboard, err := web.New(config, web.Deps{
		DB: w.db, Users: w.config.users(), Keys: readingKeys(w), AdminPassword: w.secrets.admin, Link: link,
		Letters: letters, Desk: newReplyDesk(w, d), Record: recordLooks(w.db), Interval: report.Wilson, Name: Name, Now: time.Now, Random: rand.Reader, Registerer: w.registry, Metrics: w.registry, Log: w.log,
	})
	return dashboard, link, err
}

// readingKeys are the keys of /v1: they read the numbers of their shops, too.
func readingKeys(w wiring) []web.Key {
	keys := []web.Key{{Secret: w.secrets.api}}
	for _, key := range w.config.APIKeys {
		keys = append(keys, web.Key{Secret: key.Key, Shops: key.Shops})
	}
	return keys
}

// adminPart serves health and metrics, and the dashboard where this process
// has that role. It stops after the others, so that whoever balances load is
// told of the drain while it lasts.
func (d *doors) adminPart(w wiring) (part, error) {
	mux := http.NewServeMux()
	w.health.Register(mux, w.registry)
	server := httpserver.New(httpserver.DefaultConfig(), d.admin, mux, w.health, w.log)
	if w.config.Has(RoleDashboard) {
		dashboard, link, err := newDashboard(w, d)
		if err != nil {
			return part{}, fmt.Errorf("set up role %s: %w", RoleDashboard, err)
		}
		dashboard.Register(mux)
		server.OnDrain(dashboard.Drain)
		d.signIn = "http://" + d.admin.Addr().String() + "/signin?" + url.Values{"link": {link}}.Encode()
	}
	return part{"admin door", server.Run}, nil
}
