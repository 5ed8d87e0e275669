package sinks

import (
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// facts is the table of a raw topic; nil for any other.
func facts(topic string) *schema.Table {
	switch topic {
	case event.TopicMessages:
		return &schema.Messages
	case event.TopicOrders:
		return &schema.OrderEvents
	case event.TopicBehaviors:
		return &schema.Behaviors
	case event.TopicExposures:
		return &schema.Exposures
	case event.TopicFeedback:
		return &schema.Feedback
	case event.TopicAliases:
		return &schema.Aliases
	case event.TopicReplies:
		return &schema.Replies
	case event.TopicHandoffs:
		return &schema.Handoffs
	}
	return nil
}
