package middleware

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// refuse logs a refusal and answers it.
func (g *Gate) refuse(w http.ResponseWriter, r *http.Request, f *refusal) {
	requestID := newRequestID()
	correlationID := clientCorrelationID(r.Header)
	if correlationID == "" {
		correlationID = requestID
	}
	g.logRefusal(r, f, requestID, correlationID)

	header := w.Header()
	header.Set("X-Ms-Failure-Cause", "gateway")
	header.Set(requestIDHeader, requestID)
	header.Set(correlationIDHeader, correlationID)
	f.answer(w, r.Method)
}

// answer writes the status, headers and body of Resource Manager's error answers.
func (f *refusal) answer(w http.ResponseWriter, method string) {
	type detail struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	body, _ := json.Marshal(struct { // two strings always marshal
		Error detail `json:"error"`
	}{detail{f.code, f.message}})

	header := w.Header()
	switch f.status {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", challenge(f.authorizationURI, f.description))
	case http.StatusMethodNotAllowed:
		header.Set("Allow", f.allow)
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", strconv.Itoa(wholeSeconds(f.retryAfter)))
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-cache")
	header.Set("Pragma", "no-cache")
	header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(f.status)
	if method != http.MethodHead {
		w.Write(body) // the client is gone when this fails
	}
}

// wholeSeconds rounds up, to at least 1: Retry-After (RFC 9110 section 10.2.3) has no fractions, and 0 would invite a client
// to try again at once.
func wholeSeconds(d time.Duration) int {
	return max(1, int((d+time.Second-1)/time.Second))
}
