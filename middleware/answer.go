package middleware

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// refuse logs a refusal and answers it.
func (g *Gate) refuse(w http.ResponseWriter, r *http.Request, f *refusal) {
	header := w.Header()
	requestID, correlationID := correlation(r, header)
	if requestID == "" {
		requestID = newRequestID()
	}
	correlationID = cmp.Or(correlationID, requestID)
	header.Set("X-Ms-Failure-Cause", "gateway")
	header.Set(requestIDHeader, requestID)
	header.Set(correlationIDHeader, correlationID)
	g.logRefusal(r, f, header)
	f.answer(w, r)
}

// answer writes the status, headers and body of Resource Manager's error answers.
func (f *refusal) answer(w http.ResponseWriter, r *http.Request) {
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
		header.Set("WWW-Authenticate", f.challenge())
	case http.StatusMethodNotAllowed:
		header.Set("Allow", f.allow)
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", strconv.Itoa(wholeSeconds(f.retryAfter)))
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-cache")
	header.Set("Pragma", "no-cache")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.TLS != nil { // RFC 6797 section 7.2: never over plain HTTP
		header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	w.WriteHeader(f.status)
	if r.Method != http.MethodHead {
		w.Write(body) // the client is gone when this fails
	}
}

// wholeSeconds rounds up, to at least 1: Retry-After (RFC 9110 section 10.2.3) has no fractions, and 0 would invite a client
// to try again at once.
func wholeSeconds(d time.Duration) int {
	return max(1, int((d+time.Second-1)/time.Second))
}
