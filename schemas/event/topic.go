package event

import (
	"strconv"
	"strings"
)

// Version is the schema version that every record carries in HeaderSchema.
const Version = "1"

// Topic names without their prefix ("askbuy." by default).
const (
	TopicMessages      = "messages.v1"
	TopicOrders        = "orders.v1"
	TopicBehaviors     = "behaviors.v1"
	TopicExposures     = "exposures.v1"
	TopicFeedback      = "feedback.v1"
	TopicAliases       = "aliases.v1"
	TopicJourney       = "journey.v1"
	TopicMessageScores = "message_scores.v1"
	TopicTouches       = "touches.v1"
	TopicRepairs       = "repairs.v1"
	TopicErasures      = "erasures.v1"
	TopicModels        = "models.v1"
	TopicKnowledge     = "knowledge.v1"
	TopicReplies       = "replies.v1"
	TopicHandoffs      = "handoffs.v1"
	TopicDeadLetters   = "deadletters.v1"

	TopicSecondOpinions = "second_opinions.v1"
	TopicShadowScores   = "shadow_scores.v1"
)

// RawTopics lists the topics whose every record leaves a receipt.
func RawTopics() []string {
	return []string{TopicMessages, TopicOrders, TopicBehaviors, TopicExposures, TopicFeedback, TopicAliases, TopicReplies, TopicHandoffs}
}

// DerivedTopics lists the topics that askbuy itself writes and anybody may read.
func DerivedTopics() []string {
	return []string{TopicJourney, TopicMessageScores, TopicTouches, TopicRepairs, TopicErasures, TopicSecondOpinions, TopicShadowScores, TopicDeadLetters}
}

// Topic is the raw topic of a type.
func (t Type) Topic() string {
	switch t {
	case TypeMessage:
		return TopicMessages
	case TypeOrder:
		return TopicOrders
	case TypeBehavior:
		return TopicBehaviors
	case TypeExposure:
		return TopicExposures
	case TypeFeedback:
		return TopicFeedback
	case TypeAlias:
		return TopicAliases
	case TypeReply:
		return TopicReplies
	case TypeHandoff:
		return TopicHandoffs
	}
	return ""
}

// Key is the partition key of an event: its order for order events, its
// shopper for all others.
func (e *Event) Key() string { return Key(e.ShopID, e.Owner()) }

// Key is the partition key of a shopper.
func (s Shopper) Key() string { return Key(s.ShopID, s.UserID) }

// ShopperOf is the shopper whose partition key it is; false when it is none's.
func ShopperOf(key string) (Shopper, bool) {
	digits, rest, found := strings.Cut(key, ":")
	n, err := strconv.Atoi(digits)
	if !found || err != nil || n < 0 || n > len(rest) || strconv.Itoa(n) != digits {
		return Shopper{}, false
	}
	return Shopper{rest[:n], rest[n:]}, true
}

// Key joins a shop and an id so that no two pairs share a key.
func Key(shopID, id string) string {
	return strconv.Itoa(len(shopID)) + ":" + shopID + id
}
