package middleware

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/graph"
	"hubgate.example/rbac"
)

// resolve returns the principal with the groups that its token had no room for. Principals are shared between requests, so it is a copy.
func (g *Gate) resolve(ctx context.Context, principal *openid.Principal, op rbac.Operation) (*openid.Principal, *refusal) {
	if !principal.Overage {
		return principal, nil
	}
	if g.groups == nil {
		return nil, tooManyGroups(principal, op, "")
	}
	groups, err := g.groups(ctx, principal)
	switch {
	case errors.Is(err, graph.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return nil, groupsUnavailable(err)
	case err != nil:
		return nil, tooManyGroups(principal, op, quote(err.Error(), maxClaimText))
	}
	resolved := *principal
	resolved.Groups, resolved.Overage = groups, false
	return &resolved, nil
}

// groupsRetryAfter is when to try again while groups cannot be resolved, for a resolver that tells no time of its own.
const groupsRetryAfter = 5 * time.Second

func groupsUnavailable(err error) *refusal {
	f := &refusal{
		status: http.StatusServiceUnavailable, code: "ServiceUnavailable",
		message: "The groups of the caller cannot be resolved at the moment. Please try again later.",
		reason:  "groups unavailable", detail: quote(err.Error(), maxClaimText),
	}
	if failure, ok := errors.AsType[*graph.Error](err); ok {
		f.retryAfter = failure.RetryAfter
	}
	f.retryAfter = cmp.Or(f.retryAfter, groupsRetryAfter)
	return f
}
