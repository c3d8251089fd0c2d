package middleware

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// logRefusal writes the one record of a refused request. What comes from the request is bounded and escaped; the token, the
// Authorization header and the query are left out.
func (g *Gate) logRefusal(r *http.Request, f *refusal, answer http.Header) {
	recorded(r)
	level := slog.LevelInfo
	switch f.status {
	case http.StatusInternalServerError:
		level = slog.LevelError
	case http.StatusServiceUnavailable:
		level = slog.LevelWarn
	}
	if !g.logger.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.Int("status", f.status),
		slog.String("code", f.code),
		slog.String("reason", f.reason),
	}
	if f.detail != "" && (!f.quotesUnverified() || g.logger.Enabled(r.Context(), slog.LevelDebug)) {
		attrs = append(attrs, slog.String("detail", f.detail))
	}
	attrs = append(attrs, requestAttrs(r, answer)...)
	switch {
	case f.principal != nil:
		attrs = append(attrs, principalAttrs(f.principal)...)
	case f.token != nil:
		attrs = append(attrs, tokenAttrs(f.token)...)
	}
	if f.operation != nil {
		attrs = append(attrs, operationAttrs(*f.operation)...)
	}
	if f.denial != nil {
		attrs = append(attrs, slog.String("deny_assignment", quote(f.denial.Name, maxClaimText)))
	}
	if f.mfa != mfaNotAsked {
		attrs = append(attrs, slog.String("mfa", string(f.mfa)))
	}
	g.logger.LogAttrs(r.Context(), level, "request refused", attrs...)
}

// quotesUnverified reports that the detail quotes claims or header of a token whose signature had not verified: anybody can have written
// them. Only whoever looks for a fault, at level Debug, gets to see them.
func (f *refusal) quotesUnverified() bool {
	return f.token != nil && !f.token.Verified && !errors.Is(f.token, openid.ErrUnavailable)
}

// logAuthorized writes the record of a request that was let through, and which role assignment let it. A list has none: its
// handler filters it.
func (g *Gate) logAuthorized(r *http.Request, principal *openid.Principal, op rbac.Operation, granted *rbac.RoleAssignment, mfa mfaVerdict, answer http.Header) {
	if !g.logger.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	recorded(r)
	attrs := slices.Concat(requestAttrs(r, answer), principalAttrs(principal), operationAttrs(op))
	if granted != nil {
		attrs = append(attrs, slog.String("assignment", quote(granted.Name, maxClaimText)))
	} else {
		attrs = append(attrs, slog.Bool("list", true))
	}
	if mfa != mfaNotAsked {
		attrs = append(attrs, slog.String("mfa", string(mfa)))
	}
	g.logger.LogAttrs(r.Context(), slog.LevelDebug, "request authorized", attrs...)
}

// recordedKey is the context key of an *atomic.Bool: whether the request has its record. It is there at debug level only.
type recordedKey struct{}

// recorded notes that r has its record.
func recorded(r *http.Request) {
	if done, ok := r.Context().Value(recordedKey{}).(*atomic.Bool); ok {
		done.Store(true)
	}
}

// serveAuthenticated calls next. A request that neither Authorize nor List inside next has recorded gets its record, at debug
// level, when next is done: only then is it known that the gate authenticated it and did no more.
func (g *Gate) serveAuthenticated(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if !g.logger.Enabled(r.Context(), slog.LevelDebug) {
		next.ServeHTTP(w, r)
		return
	}
	done := new(atomic.Bool) // next may be in another goroutine: http.TimeoutHandler's is
	r = r.WithContext(context.WithValue(r.Context(), recordedKey{}, done))
	defer func() { // also for a handler that panics
		if done.Load() {
			return
		}
		principal, _ := PrincipalFrom(r.Context())
		attrs := append(requestAttrs(r, w.Header()), principalAttrs(principal)...)
		g.logger.LogAttrs(r.Context(), slog.LevelDebug, "request authenticated", attrs...)
	}()
	next.ServeHTTP(w, r)
}

// requestAttrs names a request, by its ids as far as it has any. The query stays out.
func requestAttrs(r *http.Request, answer http.Header) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("method", quote(r.Method, maxClaimText)),
		slog.String("path", quote(r.URL.Path, maxScopeText)),
	}
	requestID, correlationID := correlation(r, answer)
	if requestID != "" {
		attrs = append(attrs, slog.String("request_id", quote(requestID, maxClaimText)))
	}
	if correlationID != "" {
		attrs = append(attrs, slog.String("correlation_id", quote(correlationID, maxClaimText)))
	}
	return attrs
}

func operationAttrs(op rbac.Operation) []slog.Attr {
	return []slog.Attr{
		slog.String("action", quote(op.Action, maxScopeText)),
		slog.String("scope", quote(op.Scope.String(), maxScopeText)),
	}
}

// principalAttrs names a principal by ids alone: names and addresses of people stay out of logs.
func principalAttrs(principal *openid.Principal) []slog.Attr {
	return []slog.Attr{
		slog.String("tenant", quote(principal.Tenant, maxClaimText)),
		slog.String("oid", quote(principal.ObjectID, maxClaimText)),
		slog.String("appid", quote(principal.Application, maxClaimText)),
	}
}

// tokenAttrs names a refused token: by its key id, which whoever sent it has written, and by claims only when its signature
// had verified.
func tokenAttrs(token *openid.TokenError) []slog.Attr {
	attrs := []slog.Attr{slog.Bool("verified", token.Verified)}
	if token.KeyID != "" {
		attrs = append(attrs, slog.String("kid", quote(token.KeyID, maxClaimText)))
	}
	if token.Verified {
		attrs = append(attrs,
			slog.String("tenant", quote(token.Tenant, maxClaimText)),
			slog.String("oid", quote(token.ObjectID, maxClaimText)))
	}
	return attrs
}
