package llm

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	openai "github.com/sashabaranov/go-openai"
)

// stream makes one call and reads its answer as it comes.
func (c *Client) stream(ctx context.Context, r Request, heard func(string) bool) (Result, error) {
	request := c.request(r)
	stream, err := c.api.CreateChatCompletionStream(ctx, request)
	if err != nil {
		return Result{}, c.failed(ctx, err, ofCall(err))
	}
	defer stream.Close()
	var said strings.Builder
	var usage *openai.Usage
	var finish openai.FinishReason
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return c.result(request, said.String(), usage), c.failed(ctx, err, ofStream(err))
		}
		if part.Usage != nil {
			usage = part.Usage
		}
		if len(part.Choices) == 0 {
			continue
		}
		if finish == "" {
			finish = part.Choices[0].FinishReason
		}
		if more := part.Choices[0].Delta.Content; more != "" {
			said.WriteString(more)
			if heard != nil && !heard(said.String()) {
				result := c.result(request, said.String(), usage)
				result.CutOff = true
				return result, nil
			}
		}
	}
	result := c.result(request, said.String(), usage)
	result.CutOff = finish == openai.FinishReasonLength
	switch finish {
	case openai.FinishReasonStop, openai.FinishReasonLength:
	case "":
		return result, c.failed(ctx, errors.New("the stream ended before the answer did"), Broken)
	default:
		return result, &CallError{Malformed, errors.New("finish_reason is " + string(finish))}
	}
	if strings.TrimSpace(result.Text) == "" {
		return result, &CallError{Malformed, errors.New("the answer is empty")}
	}
	return result, nil
}

func (c *Client) request(r Request) openai.ChatCompletionRequest {
	return openai.ChatCompletionRequest{
		Model: c.config.Model, Messages: messages(r, c.config.ContextTokens-c.config.MaxTokens),
		//lint:ignore SA1019 the name that every endpoint knows; its successor is OpenAI's alone
		MaxTokens:   c.config.MaxTokens,
		Temperature: r.Sampling.Temperature, TopP: r.Sampling.TopP,
		StreamOptions: &openai.StreamOptions{IncludeUsage: true},
	}
}

// result takes the endpoint's count of tokens, or an estimate where it gives
// none.
func (c *Client) result(r openai.ChatCompletionRequest, text string, usage *openai.Usage) Result {
	result := Result{Text: text}
	if usage != nil && usage.PromptTokens > 0 && usage.CompletionTokens >= 0 {
		result.PromptTokens, result.CompletionTokens = int64(usage.PromptTokens), int64(usage.CompletionTokens)
		return result
	}
	for _, m := range r.Messages {
		result.PromptTokens += int64(tokens(m.Content) + messageTokens)
	}
	result.CompletionTokens = int64(tokens(text))
	return result
}

// tokens estimates how many a text has: one for a character that is not
// Latin, one for four that are.
func tokens(text string) int {
	wide, narrow := 0, 0
	for _, r := range text {
		if r < utf8.RuneSelf {
			narrow++
		} else {
			wide++
		}
	}
	return wide + (narrow+3)/4
}

// messageTokens is what a message's frame takes.
const messageTokens = 4

func (c *Client) failed(ctx context.Context, err error, outcome Outcome) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		outcome = Timeout
	}
	return &CallError{outcome, err}
}

// ofCall is the outcome of a call that got no stream.
func ofCall(err error) Outcome {
	status := 0
	var refused *openai.APIError
	var unread *openai.RequestError
	switch {
	case errors.As(err, &refused):
		status = refused.HTTPStatusCode
	case errors.As(err, &unread):
		status = unread.HTTPStatusCode
	}
	if status == 0 || status == http.StatusTooManyRequests || status >= 500 {
		return Unavailable
	}
	return Refused
}

// ofStream is the outcome of a stream that went wrong.
func ofStream(err error) Outcome {
	var refused *openai.APIError
	if errors.As(err, &refused) || errors.Is(err, io.ErrUnexpectedEOF) {
		return Broken
	}
	return Malformed
}

// bounded gives out no more of an answer than its bound.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = limited{io.LimitReader(response.Body, answerBytes), response.Body}
	}
	return response, err
}

type limited struct {
	io.Reader
	io.Closer
}
