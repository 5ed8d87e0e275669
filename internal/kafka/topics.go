package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"askbuy/internal/wait"
)

// Keep is the retention of a topic that keeps its records for ever.
const Keep time.Duration = -1

// Topic is what a topic must be. Name is the whole name, prefix included.
type Topic struct {
	Name string
	// Compacted topics keep the last record of each key.
	Compacted bool
	// Retention counts from arrival; Keep, or at least a millisecond. It is
	// always written to the topic, because brokers' defaults delete live keys.
	Retention time.Duration
}

// TableTopic is the changelog of a Goka group's table; groups and their tables
// are named by Goka, which appends "-table".
func TableTopic(group string) Topic {
	return Topic{Name: group + "-table", Compacted: true, Retention: Keep}
}

// TopicInfo is what a topic is. The ID changes when a topic is deleted and
// created again under the same name, or the broker is a new one.
type TopicInfo struct {
	ID         [16]byte
	Partitions int32
}

// MismatchError says that a topic exists and is not what is wanted.
type MismatchError struct {
	Topic, Field, Want, Got string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("topic %s has %s %s, not %s, which cannot be changed in place: choose another prefix and run askbuy replay --refill-topics",
		e.Topic, e.Field, e.Got, e.Want)
}

// EnsureTopics creates the topics that are missing, checks the others and waits
// until the broker serves them all. Several processes may run it at once, any
// number of times. A topic that differs in partitions or clean-up is a
// *MismatchError; its retention is left to the operator.
func EnsureTopics(ctx context.Context, c Config, topics []Topic) (map[string]TopicInfo, error) {
	a, err := NewAdmin(c)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	return a.EnsureTopics(ctx, topics)
}

// EnsureTopics is the function of the same name on an open Admin.
func (a *Admin) EnsureTopics(ctx context.Context, topics []Topic) (map[string]TopicInfo, error) {
	wanted, err := topicsByName(topics)
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(wanted))
	details, err := a.describe(ctx, names)
	if err != nil {
		return nil, err
	}
	var missing []Topic
	for _, name := range names {
		if _, ok := details[name]; !ok {
			missing = append(missing, wanted[name])
		}
	}
	if err := a.create(ctx, missing); err != nil {
		return nil, err
	}
	infos, err := a.waitForTopics(ctx, names)
	if err != nil {
		return nil, err
	}
	return infos, a.check(ctx, wanted, infos)
}

func topicsByName(topics []Topic) (map[string]Topic, error) {
	wanted := make(map[string]Topic, len(topics))
	var problems []error
	for _, t := range topics {
		if t.Name == "" || len(t.Name) > 249 || !legalName.MatchString(t.Name) {
			problems = append(problems, fmt.Errorf("topic name %q: only letters, digits, '.', '_' and '-', 1 to 249 of them", t.Name))
		}
		if t.Retention != Keep && t.Retention < time.Millisecond {
			problems = append(problems, fmt.Errorf("topic %s retention: %v is neither Keep nor at least 1ms", t.Name, t.Retention))
		}
		if before, twice := wanted[t.Name]; twice && before != t {
			problems = append(problems, fmt.Errorf("topic %s: wanted in two ways", t.Name))
		}
		wanted[t.Name] = t
	}
	return wanted, errors.Join(problems...)
}

// settings are given explicitly and are ones that Kafka 4 knows.
func (t Topic) settings(c Config) map[string]*string {
	policy, retention := "delete", strconv.FormatInt(t.Retention.Milliseconds(), 10)
	if t.Compacted {
		policy = "compact"
	}
	if t.Retention == Keep {
		retention = "-1"
	}
	settings := map[string]*string{
		"cleanup.policy":    &policy,
		"retention.ms":      &retention,
		"max.message.bytes": kadm.StringPtr(strconv.Itoa(int(c.MaxMessageBytes))),
	}
	if c.Replication >= enoughReplicas {
		// Kafka's default lets one replica acknowledge for all, and be lost.
		settings["min.insync.replicas"] = kadm.StringPtr("2")
	}
	return settings
}

// enoughReplicas is from how many on one may be away without stopping writes
// that two must have.
const enoughReplicas = 3

func (a *Admin) create(ctx context.Context, topics []Topic) error {
	alike := map[Topic][]string{} // topics with the same settings go together
	for _, t := range topics {
		kind := Topic{Compacted: t.Compacted, Retention: t.Retention}
		alike[kind] = append(alike[kind], t.Name)
	}
	for kind, names := range alike {
		answers, err := a.admin.CreateTopics(ctx, a.config.Partitions, a.config.Replication, kind.settings(a.config), names...)
		if err != nil {
			return fmt.Errorf("create topics: %w", classify(err))
		}
		for _, r := range answers {
			// Another instance may have been first; check decides what it made.
			if r.Err != nil && !errors.Is(r.Err, kerr.TopicAlreadyExists) {
				return fmt.Errorf("create topic %s: %w: %s", r.Topic, classify(r.Err), r.ErrMessage)
			}
		}
	}
	return nil
}

// describe returns the topics that exist.
func (a *Admin) describe(ctx context.Context, names []string) (kadm.TopicDetails, error) {
	if len(names) == 0 {
		return nil, nil
	}
	details, err := a.admin.ListTopics(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", classify(err))
	}
	for name, d := range details {
		switch {
		case errors.Is(d.Err, kerr.UnknownTopicOrPartition):
			delete(details, name)
		case d.Err != nil && !kerr.IsRetriable(d.Err):
			return nil, fmt.Errorf("describe topic %s: %w", name, classify(d.Err))
		}
	}
	return details, nil
}

// waitForTopics asks until every partition of every topic has a leader: a
// created topic is not in every broker's metadata at once.
func (a *Admin) waitForTopics(ctx context.Context, names []string) (map[string]TopicInfo, error) {
	for {
		details, err := a.describe(ctx, names)
		if err != nil {
			return nil, err
		}
		infos, waiting := served(details, names)
		if waiting == "" {
			return infos, nil
		}
		if err := wait.For(ctx, 100*time.Millisecond); err != nil {
			return nil, fmt.Errorf("wait for topic %s to be served: %w", waiting, err)
		}
	}
}

// served names a topic that is not yet served, if any.
func served(details kadm.TopicDetails, names []string) (map[string]TopicInfo, string) {
	infos := make(map[string]TopicInfo, len(names))
	for _, name := range names {
		d, ok := details[name]
		if !ok || d.Err != nil || len(d.Partitions) == 0 {
			return nil, name
		}
		for _, p := range d.Partitions {
			if p.Leader < 0 || p.Err != nil {
				return nil, name
			}
		}
		infos[name] = TopicInfo{ID: d.ID, Partitions: int32(len(d.Partitions))}
	}
	return infos, ""
}

func (a *Admin) check(ctx context.Context, wanted map[string]Topic, infos map[string]TopicInfo) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(infos)) {
		if got := infos[name].Partitions; got != a.config.Partitions {
			problems = append(problems, &MismatchError{name, "partitions",
				strconv.Itoa(int(a.config.Partitions)), strconv.Itoa(int(got))})
		}
	}
	settings, err := a.admin.DescribeTopicConfigs(ctx, slices.Sorted(maps.Keys(wanted))...)
	if err != nil {
		return fmt.Errorf("describe topic settings: %w", classify(err))
	}
	for _, s := range settings {
		if s.Err != nil {
			return fmt.Errorf("describe settings of topic %s: %w", s.Name, classify(s.Err))
		}
		want := *wanted[s.Name].settings(a.config)["cleanup.policy"]
		for _, entry := range s.Configs {
			if entry.Key == "cleanup.policy" && entry.MaybeValue() != want {
				problems = append(problems, &MismatchError{s.Name, "cleanup.policy", want, entry.MaybeValue()})
			}
		}
	}
	return errors.Join(problems...)
}
