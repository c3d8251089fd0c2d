package graph

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// The reasons for which groups cannot be told. Test for them with errors.Is; every error of Groups is an *Error that wraps exactly one
// of them.
var (
	// ErrUnavailable: there is no answer now, and none from before that is young enough. It is the server's trouble and no fault of
	// the caller: answer 503.
	ErrUnavailable = errors.New("groups unavailable")
	// ErrNotFound: the directory does not know the principal, or no directory is configured for its tenant. That is never the same
	// as no groups: answer 403.
	ErrNotFound = errors.New("principal not found")
	// ErrTooManyGroups: Graph names at most 11,000 groups of a principal, and this one is in more: answer 403.
	ErrTooManyGroups = errors.New("more groups than Microsoft Graph can name")
)

// An Error says why the groups of a principal cannot be told. Its text is for logs: what it quotes of an answer is bounded and escaped.
type Error struct {
	// Err is one of the package's Err values.
	Err error
	// Detail says more, for logs.
	Detail string
	// RetryAfter is when a call may succeed, a second at least; set with ErrUnavailable only.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return "graph: " + e.Err.Error()
	}
	return fmt.Sprintf("graph: %v: %s", e.Err, e.Detail)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// leastRetryAfter is the shortest time that Retry-After can say.
const leastRetryAfter = time.Second

func unavailable(retryAfter time.Duration, format string, args ...any) *Error {
	return &Error{Err: ErrUnavailable, Detail: fmt.Sprintf(format, args...), RetryAfter: max(retryAfter, leastRetryAfter)}
}

func notFound(format string, args ...any) *Error {
	return &Error{Err: ErrNotFound, Detail: fmt.Sprintf(format, args...)}
}

// clip bounds and escapes text of foreign origin for errors and logs.
func clip(s string) string {
	const longest = 200
	cut := ""
	if len(s) > longest {
		s, cut = s[:longest], "..."
	}
	quoted := strconv.QuoteToASCII(s)
	return quoted[1:len(quoted)-1] + cut
}
