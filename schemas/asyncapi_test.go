package schemas_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"askbuy/schemas"
	"askbuy/schemas/event"
)

// topics are those that anybody may read, with the Go type of their values.
var topics = []struct {
	name, about, key string
	value            reflect.Type
	raw              bool
}{
	{event.TopicMessages, "What was said.", "shopper", reflect.TypeFor[event.Event](), true},
	{event.TopicOrders, "What happened to orders.", "order", reflect.TypeFor[event.Event](), true},
	{event.TopicBehaviors, "What shoppers did in the shop.", "shopper", reflect.TypeFor[event.Event](), true},
	{event.TopicExposures, "Which variant of an experiment a shopper saw.", "shopper", reflect.TypeFor[event.Event](), true},
	{event.TopicFeedback, "How shoppers rated.", "shopper", reflect.TypeFor[event.Event](), true},
	{event.TopicAliases, "Other ids of the same shopper.", "shopper", reflect.TypeFor[event.Event](), true},
	{event.TopicReplies, "What is known of each reply of the bot.", "shopper", reflect.TypeFor[event.Event](), true},
	{event.TopicHandoffs, "Steps of handing a conversation over to a human.", "shopper", reflect.TypeFor[event.Event](), true},
	{event.TopicJourney, "One log a shopper: scored messages, behaviours, order snapshots, erasures.", "shopper", reflect.TypeFor[event.Entry](), false},
	{event.TopicMessageScores, "A message's score; whole rows, the greatest version counts.", "shopper", reflect.TypeFor[event.MessageScore](), false},
	{event.TopicTouches, "What an order touched; whole rows, the greatest version counts.", "shopper", reflect.TypeFor[event.OrderTouches](), false},
	{event.TopicRepairs, "Shoppers whose rows are to be computed from facts.", "shopper", reflect.TypeFor[event.Repair](), false},
	{event.TopicSecondOpinions, "What other scorers said of a message.", "shopper", reflect.TypeFor[event.SecondOpinion](), false},
	{event.TopicShadowScores, "What a model that is not in force would have made of a message.", "shopper", reflect.TypeFor[event.ShadowScore](), false},
	{event.TopicDeadLetters, "Events that were set aside, whole.", "shop", reflect.TypeFor[event.DeadLetter](), false},
}

// internal are topics whose values are for this program alone.
var internal = []string{event.TopicErasures}

// TestAsyncAPI holds the description of the topics to the Go types of their values.
func TestAsyncAPI(t *testing.T) {
	channels, operations, messages := object{}, object{}, object{}
	named := definitions{}
	var described []string
	for _, topic := range topics {
		described = append(described, topic.name)
		id := strings.TrimSuffix(topic.name, ".v1")
		messages[id] = object{"name": id, "summary": topic.about, "contentType": "application/json", "headers": headers(topic.raw), "payload": named.of(topic.value),
			"bindings": object{"kafka": object{"key": object{"type": "string", "description": "<byte length of shop_id>:<shop_id><id of the " + topic.key + ">"}}}}
		channels[id] = object{"address": "askbuy." + topic.name, "description": topic.about, "messages": object{id: object{"$ref": "#/components/messages/" + id}}}
		operations["read_"+id] = object{"action": "receive", "channel": object{"$ref": "#/channels/" + id}, "summary": topic.about}
	}
	for _, name := range slices.Concat(event.RawTopics(), event.DerivedTopics()) {
		if !slices.Contains(described, name) && !slices.Contains(internal, name) {
			t.Errorf("topic %s is not described", name)
		}
	}
	hold(t, "asyncapi.yaml", "# Made from schemas/event by go test ./schemas -update.\n", object{
		"asyncapi": "3.0.0",
		"info": object{
			"title": "askbuy", "version": "1.0.0",
			"description": "The topics of the pipeline, with the default prefix. One partitioner (murmur2) over the key; ids are text, times ms since the epoch, money text with two decimals.",
		},
		"servers":            object{"broker": object{"host": "127.0.0.1:9092", "protocol": "kafka", "description": "the embedded broker; or kafka_brokers"}},
		"defaultContentType": "application/json",
		"channels":           channels, "operations": operations,
		"components": object{"messages": messages, "schemas": object(named)},
	})
}

func headers(raw bool) object {
	list := object{event.HeaderSchema: object{"type": "string", "const": event.Version, "description": "version of the schema"}}
	if raw {
		list[event.HeaderIdentity] = object{"type": "string", "description": "16 bytes: hash of what makes it this event"}
		list[event.HeaderFingerprint] = object{"type": "string", "description": "a byte of version, 16 bytes: fingerprint of the body"}
		list[event.HeaderSource] = object{"type": "string", "description": "door it came through"}
		list[event.HeaderNoTS] = object{"type": "string", "description": "present: the sender gave no event time"}
		list[event.HeaderMaybeDuplicate] = object{"type": "string", "description": "present: the door could not settle whether it is a duplicate"}
		list[event.HeaderFirst] = object{"type": "string", "description": "8 bytes: a fact that is told again stands at this position"}
	}
	return object{"type": "object", "properties": list}
}

// definitions are schemas of Go types by name.
type definitions map[string]any

// of is the schema of a type as encoding/json writes it.
func (d definitions) of(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[event.Money]():
		return object{"type": "string", "pattern": `^-?\d+\.\d\d$`, "description": "two decimals"}
	case t == reflect.TypeFor[json.RawMessage]():
		return object{"type": "object"}
	case t == reflect.TypeFor[[]byte]():
		return object{"type": "string", "contentEncoding": "base64"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.of(t.Elem())
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice:
		return object{"type": "array", "items": d.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.of(t.Elem())}
	case reflect.Struct:
		return d.named(t)
	}
	return object{"type": "integer"}
}

func (d definitions) named(t reflect.Type) object {
	ref := object{"$ref": "#/components/schemas/" + t.Name()}
	if d[t.Name()] != nil {
		return ref
	}
	properties, required := object{}, []string{}
	d[t.Name()] = properties // before its fields, which may be of its own type
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		properties[name] = d.of(f.Type)
		if options == "" && f.Type.Kind() != reflect.Pointer {
			required = append(required, name)
		}
	}
	whole := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		whole["required"] = required
	}
	d[t.Name()] = whole
	return ref
}

// TestAsyncAPIFitsRecords holds the schemas against records as this program writes them, and one that it does not.
func TestAsyncAPIFitsRecords(t *testing.T) {
	var doc any
	if err := yaml.Unmarshal(schemas.AsyncAPI, &doc); err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("asyncapi.json", parsed); err != nil {
		t.Fatal(err)
	}
	fits := func(name string, value []byte) error {
		t.Helper()
		schema, err := compiler.Compile("asyncapi.json#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		said, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(said)
	}
	amount, rating := event.Money(9990), int64(5)
	for _, e := range []event.Event{
		{Type: event.TypeMessage, ID: "m", ShopID: "s", UserID: "u", ConvID: "c", TS: 1, From: event.RoleUser, Text: "在吗", Attrs: json.RawMessage(`{"page":"p"}`)},
		{Type: event.TypeOrder, ID: "o", ShopID: "s", UserID: "u", OrderID: "o", TS: 1, Status: event.StatusPaid, Amount: &amount, Items: []event.Item{{ItemID: "i", Quantity: 2, Amount: amount}}},
		{Type: event.TypeFeedback, ID: "f", ShopID: "s", UserID: "u", ConvID: "c", TS: 1, Rating: &rating},
	} {
		value, err := event.Encode(&e)
		if err != nil {
			t.Fatal(err)
		}
		if err := fits("Event", value); err != nil {
			t.Errorf("%s: %v\n%s", e.Type, err, value)
		}
	}
	for name, value := range map[string]any{
		"MessageScore": event.MessageScore{IntentPath: []string{"goods"}, Terms: map[string]float64{"message": 1}},
		"OrderTouches": event.OrderTouches{Touches: []event.Touch{{ConvID: "c"}}},
		"Entry":        event.Entry{Message: &event.ScoredMessage{ShopID: "s"}},
		"DeadLetter":   event.DeadLetter{Bytes: []byte("x")},
	} {
		b, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := fits(name, b); err != nil {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
	}
	if fits("Event", []byte(`{"type":"order","event_id":"o","shop_id":"s","ts":"now"}`)) == nil {
		t.Error("a text fits where a time has to be")
	}
}
