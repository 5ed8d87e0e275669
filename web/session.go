package web

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	sessionCookie = "askbuy_session"
	tokenBytes    = 32
)

// session is somebody's stay. Sessions live in this process: behind a
// balancer with several dashboards it has to be sticky.
type session struct {
	person  Person
	csrf    string // stands in every form of this session
	created time.Time
	seen    time.Time
}

// sessions are held by the hash of their token, so that a look into memory
// does not open any.
type sessions struct {
	config Config
	now    func() time.Time
	random io.Reader

	mu   sync.Mutex
	held map[[sha256.Size]byte]*session
}

func newSessions(c Config, now func() time.Time, random io.Reader) *sessions {
	return &sessions{config: c, now: now, random: random, held: map[[sha256.Size]byte]*session{}}
}

// start begins a session and returns its token. Of one person's sessions too
// many, the one that was seen longest ago ends.
func (s *sessions) start(p Person) (token string, err error) {
	token, err = s.secret()
	if err != nil {
		return "", err
	}
	csrf, err := s.secret()
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.makeRoom(p.Name, now)
	s.held[sha256.Sum256([]byte(token))] = &session{person: p, csrf: csrf, created: now, seen: now}
	return token, nil
}

func (s *sessions) secret() (string, error) {
	b := make([]byte, tokenBytes)
	if _, err := io.ReadFull(s.random, b); err != nil {
		return "", fmt.Errorf("make a session's secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// makeRoom ends what is over, and the oldest of a person who has too many.
func (s *sessions) makeRoom(name string, now time.Time) {
	var oldest [sha256.Size]byte
	own := 0
	for key, held := range s.held {
		switch {
		case s.over(held, now):
			delete(s.held, key)
		case held.person.Name == name:
			if own == 0 || held.seen.Before(s.held[oldest].seen) {
				oldest = key
			}
			own++
		}
	}
	if own >= s.config.MaxSessions {
		delete(s.held, oldest)
	}
}

func (s *sessions) over(held *session, now time.Time) bool {
	return now.Sub(held.seen) > s.config.SessionIdle || now.Sub(held.created) > s.config.SessionMax
}

// find is the session of a token, if it goes on.
func (s *sessions) find(token string) (*session, bool) {
	if token == "" {
		return nil, false
	}
	key := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.held[key]
	now := s.now()
	if ok && s.over(held, now) {
		delete(s.held, key)
		ok = false
	}
	if !ok {
		return nil, false
	}
	held.seen = now
	found := *held
	return &found, true
}

func (s *sessions) end(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, sha256.Sum256([]byte(token)))
}

func cookieOf(r *http.Request) string {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// setSession gives a browser its token; an empty one takes it away. Lax, so
// that a link to a page, followed from elsewhere, arrives signed in.
func setSession(w http.ResponseWriter, c Config, token string) {
	cookie := &http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", HttpOnly: true, Secure: c.SecureCookies,
		SameSite: http.SameSiteLaxMode, MaxAge: int(c.SessionMax / time.Second),
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}
