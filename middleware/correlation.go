package middleware

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net/http"
)

// The headers that tie an answer to a record in the log.
const (
	requestIDHeader     = "X-Ms-Request-Id"
	correlationIDHeader = "X-Ms-Correlation-Request-Id"
)

// correlation returns the ids of a request, or "" for one that it does not have: what a middleware outside the gate has put on
// the answer already, so that its log and the gate's speak of the same request, or else the client's own correlation id.
func correlation(r *http.Request, answer http.Header) (requestID, correlationID string) {
	return answer.Get(requestIDHeader), cmp.Or(answer.Get(correlationIDHeader), clientCorrelationID(r.Header))
}

// newRequestID returns a random GUID (RFC 9562 version 4).
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the process rather than return an error
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// clientCorrelationID returns the correlation id that the client sent, or "" when it sent none, several, or one that is
// not fit to be repeated in headers and logs.
func clientCorrelationID(header http.Header) string {
	values := header[correlationIDHeader]
	if len(values) != 1 || !isCorrelationID(values[0]) {
		return ""
	}
	return values[0]
}

// isCorrelationID allows GUIDs and the other ids that clients make up: 1 to 128 letters, digits, '-', '_' and '.'.
func isCorrelationID(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
