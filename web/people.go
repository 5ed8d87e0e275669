package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// Role is what somebody may do; each includes those before it.
type Role string

// The roles.
const (
	RoleViewer   Role = "viewer"   // look
	RoleOperator Role = "operator" // act: send again, approve, take over
	RoleAdmin    Role = "admin"    // see what is masked
)

// Roles lists them, the least first.
func Roles() []Role { return []Role{RoleViewer, RoleOperator, RoleAdmin} }

// Admin is the name of the administrator, whose password is in the data
// directory.
const Admin = "admin"

// User is somebody that the configuration knows.
type User struct {
	Name         string
	PasswordHash string // bcrypt
	Role         Role
	Shops        []string // none: all
}

// Validate says whether somebody could sign in so.
func (u User) Validate() error {
	switch {
	case u.Name == "" || u.Name == Admin:
		return fmt.Errorf("name %q: give every user a name of their own; %s is the administrator", u.Name, Admin)
	case !slices.Contains(Roles(), u.Role):
		return fmt.Errorf("role %q: use one of %v", u.Role, Roles())
	}
	if _, err := bcrypt.Cost([]byte(u.PasswordHash)); err != nil {
		return errors.New("password_hash: is no bcrypt hash: make one with `askbuy config hash-password`")
	}
	return nil
}

// Person is somebody who is signed in.
type Person struct {
	Name  string
	Role  Role
	Shops []string // none: all
}

// May reports whether somebody has at least this role.
func (p Person) May(least Role) bool {
	return slices.Index(Roles(), p.Role) >= slices.Index(Roles(), least)
}

// SeesAll reports whether somebody sees all shops, and what has none.
func (p Person) SeesAll() bool { return len(p.Shops) == 0 }

// Sees reports whether somebody sees a shop.
func (p Person) Sees(shop string) bool { return p.SeesAll() || slices.Contains(p.Shops, shop) }

// people knows who may sign in.
type people struct {
	users    map[string]User
	password [sha256.Size]byte // of the administrator
	nobody   []byte            // hash that an unknown name is compared with
	hashing  chan struct{}     // bcrypt takes a processor for some 50 ms: one at a time

	mu    sync.Mutex
	link  string // "" once it was used
	until time.Time
}

// shortest is the least length of the administrator's password, which is
// compared without a slow hash: it is random.
const shortest = 16

func newPeople(users []User, password, link string, until time.Time) (*people, error) {
	if len(password) < shortest {
		return nil, fmt.Errorf("admin_password has fewer than %d bytes: generate one with `openssl rand -hex 32`", shortest)
	}
	p := &people{users: map[string]User{}, password: sha256.Sum256([]byte(password)), hashing: make(chan struct{}, 1), link: link, until: until}
	cost := bcrypt.DefaultCost
	for i, u := range users {
		if err := u.Validate(); err != nil {
			return nil, fmt.Errorf("users[%d].%w", i, err)
		}
		if _, twice := p.users[u.Name]; twice {
			return nil, fmt.Errorf("users[%d].name %q: there is one before it: names are used once", i, u.Name)
		}
		p.users[u.Name] = u
		cost, _ = bcrypt.Cost([]byte(u.PasswordHash)) // validated
	}
	var err error
	p.nobody, err = bcrypt.GenerateFromPassword([]byte("nobody"), cost)
	return p, err
}

// enter is whom a name and a password belong to. Whether the name is known
// cannot be told from the time it takes.
func (p *people) enter(name, password string) (Person, bool) {
	if name == Admin {
		given := sha256.Sum256([]byte(password))
		return Person{Name: Admin, Role: RoleAdmin}, subtle.ConstantTimeCompare(given[:], p.password[:]) == 1
	}
	user, known := p.users[name]
	hash := []byte(user.PasswordHash)
	if !known {
		hash = p.nobody
	}
	p.hashing <- struct{}{}
	defer func() { <-p.hashing }()
	right := bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil
	return Person{Name: user.Name, Role: user.Role, Shops: user.Shops}, right && known
}

// follow takes the one-time link. It works once, until its time is over.
func (p *people) follow(link string, now time.Time) (Person, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link == "" || !now.Before(p.until) || !sameSecret(link, p.link) {
		return Person{}, false
	}
	p.link = ""
	return Person{Name: Admin, Role: RoleAdmin}, true
}

// sameSecret compares in a time that does not depend on where they differ.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// HashPassword makes what a user's password_hash holds. A password has 10 to
// 72 bytes: bcrypt reads no further.
func HashPassword(password string) (string, error) {
	if len(password) < 10 || len(password) > 72 {
		return "", errors.New("a password has 10 to 72 bytes")
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	return string(hash), err
}
