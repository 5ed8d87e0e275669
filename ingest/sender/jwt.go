package sender

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/maypok86/otter/v2"
)

// JWTConfig says which tokens are good: those signed with HS256 under one of
// the secrets.
type JWTConfig struct {
	Setting string        // what errors call the secrets
	Secrets [][]byte      // one, or two while a secret is being changed
	Bound   bool          // a token must say by body_sha256 which body it is for
	Lenient bool          // tokens without exp are good, for ever
	Leeway  time.Duration // how far the sender's clock may be off
}

// DefaultJWTConfig has no secret yet.
func DefaultJWTConfig() JWTConfig { return JWTConfig{Setting: "COZE_SECRET", Leeway: 30 * time.Second} }

const (
	maxToken  = 8 << 10  // bytes
	cacheSize = 16 << 20 // bytes of verified tokens that are remembered
)

// Validate reports every problem at once.
func (c JWTConfig) Validate() error {
	var problems []error
	if len(c.Secrets) < 1 || len(c.Secrets) > 2 {
		problems = append(problems, fmt.Errorf("%s: want one secret, or two while it is being changed", c.Setting))
	}
	for _, secret := range c.Secrets {
		if len(secret) == 0 {
			problems = append(problems, fmt.Errorf("%s: is empty: set the secret that the sender signs with", c.Setting))
		}
	}
	if c.Leeway < 0 {
		problems = append(problems, errors.New("leeway of tokens: want 0 or more"))
	}
	return errors.Join(problems...)
}

// JWT verifies tokens. It is safe for concurrent use.
type JWT struct {
	parser *jwt.Parser
	keys   jwt.VerificationKeySet
	leeway time.Duration
	bound  bool
	now    func() time.Time
	// verified remembers good tokens, because senders use one for many
	// requests. An entry is good until its token's exp.
	verified *otter.Cache[string, Token]
}

// Token is what a good token says.
type Token struct {
	Shop    string    // "" when it names none
	Subject string    // "" when it names none
	Body    []byte    // SHA-256 of the one body that it is for; nil: of any
	until   time.Time // zero when it has no exp
}

// NewJWT makes a verifier. The error is one of configuration.
func NewJWT(cfg JWTConfig, now func() time.Time) (*JWT, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuedAt(),
		jwt.WithLeeway(cfg.Leeway), jwt.WithStrictDecoding(), jwt.WithTimeFunc(now),
	}
	if !cfg.Lenient {
		options = append(options, jwt.WithExpirationRequired())
	}
	cache, err := otter.New(&otter.Options[string, Token]{
		MaximumWeight: cacheSize,
		Weigher: func(token string, t Token) uint32 {
			return uint32(len(token) + len(t.Shop) + len(t.Subject) + len(t.Body) + 176)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("create cache of tokens: %w", err)
	}
	j := &JWT{parser: jwt.NewParser(options...), leeway: cfg.Leeway, bound: cfg.Bound, now: now, verified: cache}
	for _, secret := range cfg.Secrets {
		j.keys.Keys = append(j.keys.Keys, secret)
	}
	return j, nil
}

// Verify is what a good token says. Every error is an ErrInvalidToken.
func (j *JWT) Verify(token string) (Token, error) {
	if len(token) == 0 {
		return Token{}, &Denied{StepHeaders, "want one Authorization: Bearer <token>"}
	}
	if len(token) > maxToken || strings.Count(token, ".") != 2 {
		return Token{}, &Denied{StepToken, "is no JWT of three parts and at most 8 KiB"}
	}
	if known, ok := j.verified.GetIfPresent(token); ok {
		if known.until.IsZero() || j.now().Before(known.until.Add(j.leeway)) {
			return known, nil
		}
		j.verified.Invalidate(token)
	}
	var c claims
	if _, err := j.parser.ParseWithClaims(token, &c, j.key); err != nil {
		return Token{}, &Denied{StepToken, err.Error()}
	}
	if j.bound && c.body == nil {
		return Token{}, &Denied{StepBound, "the token has no claim body_sha256, which this source requires"}
	}
	known := Token{Shop: c.shop, Subject: c.subject, Body: c.body}
	if c.exp != nil {
		known.until = c.exp.Time
	}
	if known.Body == nil { // one that is for one body is not seen again
		j.verified.Set(strings.Clone(token), known) // the token is part of all the request's headers
	}
	return known, nil
}

// key hands out the secrets, but not to a token that asks for an extension:
// RFC 7515 wants "crit" refused by whoever does not understand it.
func (j *JWT) key(t *jwt.Token) (any, error) {
	if _, critical := t.Header["crit"]; critical {
		return nil, errors.New("extensions are not supported")
	}
	return j.keys, nil
}
