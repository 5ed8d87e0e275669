package llmtest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// Stats are a server's counts.
type Stats struct {
	Now   int `json:"now"`   // calls under way
	Most  int `json:"most"`  // at once
	Total int `json:"total"` // ever
}

// Asked is a request as the server reads it.
type Asked struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	MaxTokens   int     `json:"max_tokens"`
	Temperature float64 `json:"temperature"`
	TopP        float64 `json:"top_p"`
	Stream      bool    `json:"stream"`
	Options     struct {
		Usage bool `json:"include_usage"`
	} `json:"stream_options"`
}

type server struct {
	http.ServeMux
	mu    sync.Mutex
	stats Stats
	last  []byte
}

func newServer() *server {
	s := &server{}
	s.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.MarshalWrite(w, s.stats)
	})
	s.HandleFunc("GET /last", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		_, _ = w.Write(s.last)
	})
	s.HandleFunc("POST /v1/chat/completions", s.complete)
	return s
}

func (s *server) complete(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var asked Asked
	if err == nil {
		err = json.Unmarshal(body, &asked)
	}
	if err != nil || !asked.Stream || len(asked.Messages) == 0 {
		http.Error(w, `{"error":{"message":"want a stream"}}`, http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.last = body
	s.stats.Now++
	s.stats.Total++
	s.stats.Most = max(s.stats.Most, s.stats.Now)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.stats.Now--
		s.mu.Unlock()
	}()
	behave(w, r, &asked)
}

// The answer of a good model, in its parts.
var good = map[bool][]string{
	false: {"可以在订单页", "申请开票哦。", "还有问题随时问。"},
	true:  {"You can ask for it ", "on the order page. ", "Anything else?"},
}

func behave(w http.ResponseWriter, r *http.Request, asked *Asked) {
	how, what, _ := strings.Cut(asked.Model, ":")
	english := strings.HasPrefix(asked.Messages[0].Content, "You ")
	parts := good[english]
	switch how {
	case "say":
		parts = pieces(what)
	case "echo":
		parts = []string{asked.Messages[len(asked.Messages)-1].Content}
	case "slow", "jitter":
		if !wait(r, how, what) {
			return
		}
	case "stall":
		<-r.Context().Done()
		return
	case "error", "busy", "refuse":
		code := map[string]int{"error": 500, "busy": 429, "refuse": 400}[how]
		http.Error(w, `{"error":{"message":"no","type":"x"}}`, code)
		return
	case "rubbish":
		fmt.Fprint(w, "<html>welcome</html>")
		return
	case "garbage":
		fmt.Fprint(w, "data: {\"choices\":[{\"delta\":\n\n")
		return
	case "endless":
		for r.Context().Err() == nil {
			if _, err := fmt.Fprint(w, strings.Repeat("x", 1<<12)); err != nil {
				return
			}
		}
		return
	case "empty":
		parts = nil
	case "long":
		parts = pieces(strings.Repeat("请看商品页的说明。", asked.MaxTokens/8) + "这里还没说")
	}
	stream(w, r, asked, how, parts)
}

func stream(w http.ResponseWriter, r *http.Request, asked *Asked, how string, parts []string) {
	w.Header().Set("Content-Type", "text/event-stream")
	for i, part := range parts {
		if i > 0 && i == len(parts)-1 {
			switch how {
			case "cut":
				panic(http.ErrAbortHandler)
			case "end":
				return
			case "stall-midway":
				<-r.Context().Done()
				return
			}
		}
		send(w, map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{"content": part}}}})
	}
	finish := map[string]string{"long": "length", "tools": "tool_calls"}[how]
	if finish == "" {
		finish = "stop"
	}
	send(w, map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{}, "finish_reason": finish}}})
	if asked.Options.Usage && how != "good-silent" {
		send(w, map[string]any{"choices": []any{}, "usage": map[string]any{"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52}})
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}

func send(w http.ResponseWriter, event any) {
	raw, err := json.Marshal(event)
	if err != nil {
		panic(err) // made of strings and numbers
	}
	fmt.Fprintf(w, "data: %s\n\n", raw)
	w.(http.Flusher).Flush()
}

// pieces parts a text every few characters.
func pieces(text string) []string {
	var parts []string
	runes := []rune(text)
	for len(runes) > 0 {
		n := min(3, len(runes))
		parts, runes = append(parts, string(runes[:n])), runes[n:]
	}
	return parts
}

// wait lets milliseconds pass and reports whether anybody still waits.
func wait(r *http.Request, how, what string) bool {
	ms, _ := strconv.Atoi(what)
	if how == "jitter" {
		ms = rand.IntN(ms + 1)
	}
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return true
	case <-r.Context().Done():
		return false
	}
}
