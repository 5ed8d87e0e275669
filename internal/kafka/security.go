package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// Mechanisms of SASL that both clients speak.
const (
	Plain       = "PLAIN"
	ScramSHA256 = "SCRAM-SHA-256"
	ScramSHA512 = "SCRAM-SHA-512"
)

// SASL is how this process proves who it is; an empty mechanism means not at all.
type SASL struct {
	Mechanism string
	User      string
	Password  string
}

func (s SASL) problems() []error {
	if s.Mechanism == "" {
		if s.User != "" || s.Password != "" {
			return []error{errors.New("kafka sasl mechanism: a user or password is set without one")}
		}
		return nil
	}
	var problems []error
	if s.mechanism() == nil {
		problems = append(problems, fmt.Errorf("kafka sasl mechanism: %q is none of %s, %s, %s", s.Mechanism, Plain, ScramSHA256, ScramSHA512))
	}
	if s.User == "" {
		problems = append(problems, errors.New("kafka sasl user: is empty"))
	}
	if s.Password == "" {
		problems = append(problems, errors.New("kafka sasl password: is empty"))
	}
	return problems
}

// mechanism is nil when there is none, or it is unknown.
func (s SASL) mechanism() sasl.Mechanism {
	auth := scram.Auth{User: s.User, Pass: s.Password}
	switch s.Mechanism {
	case Plain:
		return plain.Auth{User: s.User, Pass: s.Password}.AsMechanism()
	case ScramSHA256:
		return auth.AsSha256Mechanism()
	case ScramSHA512:
		return auth.AsSha512Mechanism()
	}
	return nil
}

// apply puts the same credentials into a Sarama configuration.
func (s SASL) apply(c *sarama.Config) {
	if s.Mechanism == "" {
		return
	}
	c.Net.SASL.Enable = true
	c.Net.SASL.Mechanism = sarama.SASLMechanism(s.Mechanism)
	c.Net.SASL.User, c.Net.SASL.Password = s.User, s.Password
	c.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient {
		return &scramConversation{mechanism: s.mechanism()}
	}
}

// scramConversation lets Sarama speak franz-go's SCRAM, so that there is one
// implementation of it in the process.
type scramConversation struct {
	mechanism sasl.Mechanism
	session   sasl.Session
	first     []byte
	done      bool
}

func (s *scramConversation) Begin(_, _, _ string) (err error) {
	s.session, s.first, err = s.mechanism.Authenticate(context.Background(), "")
	s.done = false
	return err
}

func (s *scramConversation) Step(challenge string) (string, error) {
	if s.first != nil {
		first := string(s.first)
		s.first = nil
		return first, nil
	}
	done, answer, err := s.session.Challenge([]byte(challenge))
	s.done = done
	return string(answer), err
}

func (s *scramConversation) Done() bool { return s.done }
