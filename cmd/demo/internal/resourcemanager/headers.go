package resourcemanager

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// commonHeaders sets what every answer carries. The gate sets the same headers on the requests that it refuses.
func (s *Server) commonHeaders(next http.Handler) http.Handler {
	region := strings.ToUpper(s.config.Region)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := newGUID()
		correlation := r.Header.Get("x-ms-correlation-request-id")
		if !saneCorrelationID.MatchString(correlation) {
			correlation = request
		}
		h := w.Header()
		h.Set("x-ms-request-id", request)
		h.Set("x-ms-correlation-request-id", correlation)
		h.Set("x-ms-routing-request-id", region+":"+time.Now().UTC().Format("20060102T150405Z")+":"+request)
		h.Set("Cache-Control", "no-cache")
		h.Set("Pragma", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		if r.TLS != nil { // RFC 6797 section 7.2: never over plain HTTP
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// saneCorrelationID is what is echoed, as by the gate: GUIDs, and the other ids that clients make up.
var saneCorrelationID = regexp.MustCompile(`^[0-9A-Za-z._-]{1,128}$`)

// newGUID returns a random GUID (RFC 9562, version 4).
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
