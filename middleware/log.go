package middleware

import (
	"log/slog"
	"net/http"

	"hubgate.example/openid"
)

// logRefusal writes the one record of a refused request. What comes from the request is bounded and escaped; the token, the
// Authorization header and the query are left out.
func (g *Gate) logRefusal(r *http.Request, f *refusal, requestID, correlationID string) {
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
	if f.detail != "" {
		attrs = append(attrs, slog.String("detail", f.detail))
	}
	attrs = append(attrs,
		slog.String("method", quote(r.Method, maxClaimText)),
		slog.String("path", quote(r.URL.Path, maxScopeText)))
	switch {
	case f.principal != nil:
		attrs = append(attrs, principalAttrs(f.principal)...)
	case f.token != nil:
		attrs = append(attrs, tokenAttrs(f.token)...)
	}
	if f.operation != nil {
		attrs = append(attrs,
			slog.String("action", quote(f.operation.Action, maxScopeText)),
			slog.String("scope", quote(f.operation.Scope.String(), maxScopeText)))
	}
	attrs = append(attrs, slog.String("request_id", requestID), slog.String("correlation_id", correlationID))
	g.logger.LogAttrs(r.Context(), level, "request refused", attrs...)
}

// logAuthenticated writes the record of a request whose token verified.
func (g *Gate) logAuthenticated(r *http.Request, principal *openid.Principal) {
	if !g.logger.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	attrs := append(principalAttrs(principal), slog.String("correlation_id", clientCorrelationID(r.Header)))
	g.logger.LogAttrs(r.Context(), slog.LevelDebug, "request authenticated", attrs...)
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
