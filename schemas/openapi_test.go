package schemas_test

import (
	"context"
	"maps"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"askbuy/schemas"
	"askbuy/web/questions"
)

// TestOpenAPI holds the description of /api/v1 to the catalogue of questions, and
// has the calls of the reply service in the same document.
func TestOpenAPI(t *testing.T) {
	paths := object{"/api/v1": object{"get": object{
		"operationId": "questions", "summary": "What may be asked.", "tags": []string{"api"},
		"responses": answers(object{"application/json": object{"schema": listSchema()}}),
	}}}
	for _, q := range questions.Catalogue() {
		paths["/api/v1/"+q.Name] = object{"get": operation(q)}
	}
	paths["/api/v1/"+questions.Process.Name] = object{"get": operation(questions.Process)}
	maps.Copy(paths, replyPaths())
	parts := object{"Problem": problemSchema(), "Column": columnSchema()}
	maps.Copy(parts, replySchemas())
	hold(t, "openapi.yaml", "# Made from web/questions by go test ./schemas -update.\n", object{
		"openapi": "3.1.0",
		"info": object{
			"title": "askbuy", "version": "1.0.0", "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "Under /api/v1 every number of the dashboard, read only; at the public address the reply service. Each answer carries the SQL that gave it, which runs unchanged against database bi. Asked again with the same as_of a question gives the same numbers.",
		},
		"servers":  []object{{"url": "/", "description": "the admin address"}},
		"security": []object{{"key": []string{}}, {"session": []string{}}},
		"tags":     []object{{"name": "api", "description": "questions"}, {"name": "reply", "description": "for shoppers"}, {"name": "desk", "description": "for a shop's people"}},
		"paths":    paths,
		"components": object{
			"securitySchemes": object{
				"key":     object{"type": "http", "scheme": "bearer", "description": "an API key: that of /v1, for its shops"},
				"session": object{"type": "apiKey", "in": "cookie", "name": "askbuy_session", "description": "somebody who is signed in"},
			},
			"parameters": parameters(),
			"schemas":    parts,
			"responses":  problems(),
		},
	})
	doc, err := openapi3.NewLoader().LoadFromData(schemas.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Error(err)
	}
}

func operation(q questions.Question) object {
	list := []object{{"$ref": "#/components/parameters/format"}}
	for _, p := range q.AllParams() {
		list = append(list, object{"$ref": "#/components/parameters/" + p.Name})
	}
	about := q.About
	if q.AllShops {
		about += " Its rows belong to no shop: for viewers of all shops."
	}
	return object{
		"operationId": q.Name, "summary": about, "tags": []string{"api"}, "parameters": list,
		"responses": answers(object{
			"application/json": object{"schema": answerSchema(q)},
			"text/csv":         object{"schema": object{"type": "string", "description": "UTF-8 with a byte order mark; 100,000 rows at most"}},
			"application/sql":  object{"schema": object{"type": "string", "description": "the statement, values in place"}},
		}),
	}
}

func answers(content object) object {
	return object{
		"200": object{"description": "the answer", "content": content},
		"400": object{"$ref": "#/components/responses/BadParameter"}, "401": object{"$ref": "#/components/responses/Unauthorized"},
		"403": object{"$ref": "#/components/responses/Forbidden"}, "404": object{"$ref": "#/components/responses/NotFound"}, "503": object{"$ref": "#/components/responses/Unavailable"},
	}
}

func problems() object {
	out := object{}
	for name, about := range map[string]string{
		"BadParameter": "a parameter is out of range, or not one of the question", "Unauthorized": "nobody is signed in, and the key is not known",
		"Forbidden": "a shop that is none of the viewer's", "NotFound": "there is no such question", "Unavailable": "the warehouse does not answer",
	} {
		out[name] = object{"description": about, "content": object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}}}
	}
	return out
}

func problemSchema() object {
	text := object{"type": "string"}
	return object{"type": "object", "required": []string{"type", "title", "status", "code"}, "properties": object{"type": text, "title": text, "status": object{"type": "integer"}, "code": text, "detail": text}}
}

func columnSchema() object {
	text := object{"type": "string"}
	return object{"type": "object", "required": []string{"name", "unit", "about"}, "additionalProperties": false, "properties": object{
		"name": text, "about": text, "step": object{"type": "string", "description": "what the column counts: the parameter step (of orders: orders) of the list behind"},
		"unit": object{"type": "string", "enum": []string{"text", "id", "count", "share", "score", "money", "hours", "seconds", "day", "time", "flag", "list", "terms"}},
	}}
}

func listSchema() object {
	text := object{"type": "string"}
	return object{"type": "object", "required": []string{"questions"}, "properties": object{"questions": object{"type": "array", "items": object{
		"type": "object", "required": []string{"name", "about", "params", "columns"}, "properties": object{
			"name": text, "about": text, "behind": text, "params": object{"type": "array", "items": text}, "columns": object{"type": "array", "items": object{"$ref": "#/components/schemas/Column"}},
		},
	}}}}
}

func answerSchema(q questions.Question) object {
	row, required := object{}, []string{}
	for _, c := range q.Columns {
		row[c.Name] = unitSchema(c)
		required = append(required, c.Name)
	}
	text := object{"type": "string"}
	return object{
		"type": "object", "required": []string{"question", "arguments", "columns", "rows", "sql"}, "additionalProperties": false,
		"properties": object{
			"question": object{"type": "string", "const": q.Name}, "sql": text,
			"arguments": object{"type": "object", "additionalProperties": text, "description": "the parameters as they were understood, defaults filled in"},
			"columns":   object{"type": "array", "items": object{"$ref": "#/components/schemas/Column"}},
			"behind":    object{"type": "string", "description": "the question whose rows are behind the numbers"},
			"next":      object{"type": "string", "description": "query string of the next page"},
			"rows":      object{"type": "array", "items": object{"type": "object", "required": required, "additionalProperties": false, "properties": row}},
		},
	}
}

// unitSchema is a column's values. All but ids may be null: unknown, or nothing to measure.
func unitSchema(c questions.Column) object {
	s := object{"description": c.About}
	switch c.Unit {
	case questions.ID:
		s["type"] = "string"
	case questions.Count, questions.Hours, questions.Flag:
		s["type"] = []string{"integer", "null"}
	case questions.Share:
		s["type"], s["minimum"], s["maximum"] = []string{"number", "null"}, 0, 1
	case questions.Score, questions.Second:
		s["type"] = []string{"number", "null"}
	case questions.Money:
		s["type"], s["pattern"] = []string{"string", "null"}, `^-?\d+\.\d\d$`
	case questions.Day:
		s["type"], s["format"] = []string{"string", "null"}, "date"
	case questions.Time:
		s["type"], s["format"] = []string{"string", "null"}, "date-time"
	case questions.List:
		s["type"], s["items"] = "array", object{"type": "string"}
	case questions.Terms:
		s["type"], s["additionalProperties"] = "object", object{"type": "number"}
	default:
		s["type"] = []string{"string", "null"}
	}
	return s
}

func parameters() object {
	out := object{"format": object{"name": "format", "in": "query", "description": "form of the answer", "schema": object{"type": "string", "enum": []string{"json", "csv", "sql"}, "default": "json"}}}
	for _, p := range questions.Params() {
		s := object{"type": "string", "maxLength": questions.MaxText}
		switch {
		case len(p.Allowed) > 0:
			s = object{"type": "string", "enum": p.Allowed}
		case p.Type == "Date":
			s = object{"type": "string", "format": "date"}
		case p.Type == "UInt32":
			s = object{"type": "integer", "minimum": 1, "maximum": p.Max}
		case p.Type != "String":
			s = object{"type": "string", "format": "date-time"}
		}
		if p.Default != "" {
			s["default"] = p.Default
			if p.Type == "UInt32" {
				s["default"] = numbers[p.Default]
			}
		}
		out[p.Name] = object{"name": p.Name, "in": "query", "description": p.About, "schema": s}
	}
	return out
}

var numbers = map[string]int{"1": 1, "50": 50, "72": 72}
