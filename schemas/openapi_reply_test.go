package schemas_test

// The calls of the reply service: those of shoppers, who are known by headers,
// and those of a shop's people, who have an API key.

var (
	public  = []object{{"url": "/", "description": "the public address"}}
	text    = object{"type": "string"}
	integer = object{"type": "integer"}
	number  = object{"type": "number"}
	nobody  = []object{{}}
	byKey   = []object{{"key": []string{}}}
)

// record is an object of these members and no others.
func record(required []string, members object) object {
	return object{"type": "object", "required": required, "additionalProperties": false, "properties": members}
}

func list(items object) object { return object{"type": "array", "items": items} }

func ref(schema string) object { return object{"$ref": "#/components/schemas/" + schema} }

func enum(values ...string) object { return object{"type": "string", "enum": values} }

func content(media string, schema object) object { return object{media: object{"schema": schema}} }

// says is an answer.
func says(about string, content object) object {
	if content == nil {
		return object{"description": about}
	}
	return object{"description": about, "content": content}
}

// told are answers that something is amiss, as the seed has them.
func told(more object, status ...string) object {
	about := map[string]string{
		"400": "a header or the body is not as it has to be", "401": "the session token is not this shopper's", "403": "the AppID is unknown",
		"405": "another method", "413": "the query is too long", "415": "another media type", "429": "too many connections of this shopper",
		"500": "ERR_AI_TIMEOUT: the turn cannot be recorded, it is not known who has the conversation, or no step answered in time",
	}
	for _, s := range status {
		more[s] = says(about[s], content("application/json", record([]string{"error"}, object{"error": text})))
	}
	return more
}

// refuses are problems.
func refuses(more object, status ...string) object {
	about := map[string]string{
		"400": "a parameter or the body is not as it has to be", "401": "no good API key", "403": "a shop that is none of the key's", "404": "unknown",
		"405": "another method", "409": "not in this state, or not to be told apart", "412": "it has changed since", "413": "too large", "415": "another media type",
		"422": "it breaks a rule, which detail names", "503": "it is not known to be stored, or cannot be read: try again after Retry-After",
	}
	for _, s := range status {
		more[s] = says(about[s], content("application/problem+json", ref("Problem")))
	}
	return more
}

func header(name, about string, required bool) object {
	return object{"name": name, "in": "header", "required": required, "description": about, "schema": text}
}

func query(name, about string, schema object) object {
	return object{"name": name, "in": "query", "description": about, "schema": schema}
}

func inPath(name, about string) object {
	return object{"name": name, "in": "path", "required": true, "description": about, "schema": text}
}

// shopper are the headers that say who asks.
func shopper(more ...object) []object {
	return append([]object{
		header("X-WeChat-AppID", "the mini program", true), header("X-User-ID", "the shopper, as in orders", true),
		header("X-Session-Token", "HS256, its subject the shopper; needed where the mini program has a session_secret", false),
	}, more...)
}

func chatHeaders() object {
	given := func(about string, schema object, required bool) object {
		return object{"description": about, "required": required, "schema": schema}
	}
	return object{
		"X-Conv-ID":        given("the conversation", text, true),
		"X-Reply-Route":    given("the step that answered", enum("hot", "cache", "rule", "faq", "llm", "clarify", "preset", "human"), true),
		"X-Handoff":        given("who has the conversation", enum("none", "pending", "human"), true),
		"X-Privacy-Notice": given("on a shopper's first turn", enum("1"), false),
		"ETag":             given("strong, over the reply", text, true),
	}
}

func chat(id, about string, media string, schema object) object {
	answer := says(about, content(media, schema))
	answer["headers"] = chatHeaders()
	unchanged := says("If-None-Match is the tag of the reply just made; the turn is recorded all the same", nil)
	unchanged["headers"] = chatHeaders()
	responses := told(object{"200": answer}, "400", "401", "403", "413", "415", "500")
	if media == "application/json" {
		responses["304"] = unchanged
	}
	return object{"servers": public, "post": object{
		"operationId": id, "summary": about, "tags": []string{"reply"}, "security": nobody,
		"parameters": shopper(
			header("X-Conv-ID", "goes on with this conversation", false), header("X-Message-ID", "names the message, at most 128 bytes: a retry has the same", false),
			header("Accept-Language", "zh or en", false), header("If-None-Match", "tags of replies that the client has", false)),
		"requestBody": object{"required": true, "content": content("application/json", object{"type": "object", "required": []string{"query"}, "properties": object{"query": object{"type": "string", "minLength": 1}}})},
		"responses":   responses,
	}}
}

// desk is a call of a shop's people.
func desk(id, about string, answer object, parameters []object, body object, status ...string) object {
	o := object{
		"operationId": id, "summary": about, "tags": []string{"desk"}, "security": byKey,
		"responses": refuses(object{"200": says(about, answer)}, append(status, "401")...),
	}
	if len(parameters) > 0 {
		o["parameters"] = parameters
	}
	if body != nil {
		o["requestBody"] = object{"content": body}
	}
	return o
}

func at(methods object) object {
	methods["servers"] = public
	return methods
}

// replyPaths are the calls.
func replyPaths() object {
	reply := record([]string{"reply"}, object{"reply": text})
	asJSON := func(schema object) object { return content("application/json", schema) }
	id, limit := inPath("id", "handoff_id"), object{"type": "integer", "minimum": 1, "maximum": 500, "default": 100}
	ofShop := query("shop_id", "one of the key's shops", text)
	said := record([]string{"state", "shop_id", "entry_id", "version"}, object{"state": enum("live", "rejected"), "shop_id": text, "entry_id": text, "version": text})
	return object{
		"/chat":        chat("chat", "Answers a shopper, in at most 50 characters.", "application/json", reply),
		"/chat/stream": chat("chatStream", "The same as server-sent events: brief, detail, done.", "text/event-stream", text),
		"/chat/privacy": at(object{"get": object{
			"operationId": "privacy", "summary": "The privacy notice.", "tags": []string{"reply"}, "security": nobody, "parameters": []object{header("Accept-Language", "zh or en", false)},
			"responses": told(object{"200": says("in the language of Accept-Language", asJSON(record([]string{"notice"}, object{"notice": text})))}, "405"),
		}}),
		"/realtime": at(object{"get": object{
			"operationId": "realtime", "summary": "Server-sent events of one shopper, or a WebSocket: agent_message and order_update.", "tags": []string{"reply"}, "security": nobody, "parameters": shopper(),
			"responses": told(object{"200": says("events without end", content("text/event-stream", text)), "101": says("a WebSocket of the same as text messages", nil)}, "400", "401", "403", "429"),
		}}),
		"/v1/handoffs": at(object{
			"get": desk("listHandoffs", "Handoffs, the angry first.", asJSON(record([]string{"handoffs", "next"}, object{"handoffs": list(ref("Handoff")), "next": text})),
				[]object{query("state", "of the handoffs", enum("pending", "human", "closed")), query("after", "next of the answer before", text), query("limit", "how many", limit), ofShop}, nil, "400", "503"),
			"post": desk("takeOver", "Takes a conversation over; nothing of the bot's comes after the answer.", asJSON(ref("Handoff")), nil,
				asJSON(object{"type": "object", "required": []string{"conv_id"}, "properties": object{"shop_id": text, "conv_id": text, "user_id": text, "agent": text}}), "400", "403", "404", "409", "413", "503"),
		}),
		"/conversations/{id}/takeover": at(object{"post": desk("takeOverConversation", "The same by the conversation's id.", asJSON(ref("Handoff")),
			[]object{inPath("id", "conv_id"), ofShop, query("user_id", "where several shoppers have the id", text), query("agent", "who takes it", text)}, nil, "400", "403", "404", "409", "503")}),
		"/v1/handoffs/{id}/messages": at(object{"post": desk("say", "An agent's words to the shopper; takes over first where nobody has.", asJSON(record([]string{"message_id"}, object{"message_id": text})),
			[]object{id}, asJSON(object{"type": "object", "required": []string{"text"}, "properties": object{"text": text, "agent": text, "message_id": text}}), "400", "404", "409", "413", "503")}),
		"/v1/handoffs/{id}/close": at(object{"post": desk("closeHandoff", "Gives the conversation back to the bot.", asJSON(record([]string{"handoff_id", "state"}, object{"handoff_id": text, "state": enum("closed")})),
			[]object{id}, asJSON(object{"type": "object", "properties": object{"agent": text}}), "400", "404", "413", "503")}),
		"/v1/knowledge": at(object{"get": desk("listQuestions", "Questions that nobody answered, those asked most first.", asJSON(record([]string{"questions", "total", "next"}, object{"questions": list(ref("Question")), "total": integer, "next": text})),
			[]object{query("state", "of the questions", enum("pending")), ofShop, query("after", "next of the answer before", text)}, nil, "400", "403", "405", "503")}),
		"/v1/knowledge/{id}/approve": at(object{"post": desk("approve", "Answers a question, live on every replica at once.", asJSON(said), []object{inPath("id", "of the question")},
			asJSON(record([]string{}, object{"answer": text, "entry_id": text, "questions": list(text), "lang": text, "by": object{"type": "string", "description": "who reviews"}})), "400", "404", "405", "422", "503")}),
		"/v1/knowledge/{id}/reject": at(object{"post": desk("reject", "Hides a question.", asJSON(said), []object{inPath("id", "of the question")},
			asJSON(record([]string{}, object{"by": object{"type": "string", "description": "who reviews"}})), "400", "404", "405", "422", "503")}),
		"/v1/faq": at(object{
			"get": desk("readFAQ", "A shop's FAQ.", object{"application/json": object{"schema": list(ref("Entry"))}, "text/csv": object{"schema": text}, "application/x-ndjson": object{"schema": object{"type": "string", "description": "approved pairs, to fine-tune on"}}},
				[]object{ofShop, query("format", "in the place of Accept", enum("json", "csv", "pairs"))}, nil, "400", "403", "405"),
			"put": desk("replaceFAQ", "The body is the shop's FAQ from now on.", asJSON(record([]string{"entries", "changed", "removed", "version"}, object{"entries": integer, "changed": integer, "removed": integer, "version": text})),
				[]object{ofShop, header("If-Match", "the tag that the FAQ was read with", false)}, object{"application/json": object{"schema": list(ref("Entry"))}, "text/csv": object{"schema": text}}, "400", "403", "405", "412", "413", "415", "422", "503"),
		}),
	}
}

// replySchemas are what the answers have in them.
func replySchemas() object {
	turn := record([]string{"from", "text", "ts"}, object{"from": enum("user", "bot", "agent"), "text": text, "ts": integer})
	return object{
		"Handoff": record([]string{"handoff_id", "shop_id", "user_id", "conv_id", "reason", "state", "messages", "requested_at"}, object{
			"handoff_id": text, "shop_id": text, "user_id": text, "conv_id": text, "state": enum("pending", "human", "closed"),
			"reason":   enum("anger", "urgent", "complaint", "asked", "failures", "low_confidence", "takeover"),
			"messages": list(turn), "profile": object{"type": "object", "additionalProperties": number}, "segment": text, "intent": text, "language": text,
			"confidence": number, "buy_score": number, "agent": text, "test": object{"type": "boolean"},
			"requested_at": integer, "taken_at": integer, "closed_at": integer, "delivered_at": integer, "attempts": integer,
		}),
		"Question": record([]string{"id", "shop_id", "state", "text", "wordings", "lang", "asked", "first_at_ms", "last_at_ms", "nearest"}, object{
			"id": text, "shop_id": text, "state": enum("pending"), "text": text, "wordings": list(text), "lang": text, "asked": integer, "first_at_ms": integer, "last_at_ms": integer,
			"nearest": object{"type": []string{"object", "null"}, "required": []string{"entry_id", "question", "answer", "score"}, "properties": object{"entry_id": text, "question": text, "answer": text, "score": number}},
		}),
		"Entry": record([]string{"questions", "answer"}, object{"id": text, "questions": list(text), "answer": text, "lang": text}),
	}
}
