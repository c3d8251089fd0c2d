package identityprovider

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"hubgate.example/openid"
)

// A refusal is a problem that a request has.
type refusal struct {
	problem
	values map[string]string // of the placeholders that the request itself does not fill
	reason string            // for the log, where the problem's text leaves it out
	claims string            // what a client asks for to be let in next time
}

func (r *refusal) Error() string { return cmp.Or(r.reason, r.adfs.code, r.entra.code) }

// refuse returns a refusal; placeholders and their values alternate.
func refuse(p problem, pairs ...string) *refusal {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return &refusal{problem: p, values: values}
}

// because tells the log what the caller is not told.
func (r *refusal) because(format string, args ...any) *refusal {
	r.reason = fmt.Sprintf(format, args...)
	return r
}

// malformed refuses a request in words of this package.
func malformed(format string, args ...any) *refusal {
	return refuse(malformedRequest, "detail", fmt.Sprintf(format, args...))
}

// asRefusal makes a refusal of any error: one that is none is a fault of this server.
func asRefusal(err error) *refusal {
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refused
	}
	return refuse(serverFailed).because("%v", err)
}

// logged is why, for the log.
func (r *refusal) logged(kind openid.AuthorityType, values map[string]string) string {
	return cmp.Or(r.reason, r.worded(kind, values).text)
}

// worded is the refusal in the words of the authority, with the placeholders filled in.
func (r *refusal) worded(kind openid.AuthorityType, values map[string]string) wording {
	w := r.entra
	if kind == openid.ADFS {
		w = r.adfs
	}
	all := map[string]string{}
	maps.Copy(all, values)
	maps.Copy(all, r.values)
	return wording{w.code, expand(w.text, all)}
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// expand fills placeholders in. What a stranger wrote is cut short, and loses what RFC 6749 section 5.2 allows in no
// description.
func expand(text string, values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		value, found := values[name[1:len(name)-1]]
		if !found {
			return name
		}
		return strings.Map(func(c rune) rune {
			if c < ' ' || c == '"' || c == '\\' || c == 0x7f {
				return '?'
			}
			return c
		}, clipTo(value, 500)) // a redirect URI is the longest that is quoted
	})
}

// A requestID is what Entra ID says to find a request again by.
type requestID struct {
	trace, correlation string
	at                 time.Time
}

// newRequestID takes the correlation id from the client, which sends its own to find it in its log.
func newRequestID(r *http.Request) requestID {
	id := requestID{trace: newGUID(), correlation: r.Header.Get("client-request-id"), at: time.Now().UTC()}
	if !isGUID(id.correlation) {
		id.correlation = newGUID()
	}
	return id
}

func (id requestID) timestamp() string { return id.at.Format("2006-01-02 15:04:05Z") }

// traced adds to Entra ID's description what its users are asked for by support.
func (id requestID) traced(description string) string {
	return fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s", description, id.trace, id.correlation, id.timestamp())
}

var number = regexp.MustCompile(`^AADSTS([0-9]+):`)

// errorBody is a refusal in the form of RFC 6749 section 5.2, to which Entra ID adds members of its own.
func (r *refusal) errorBody(kind openid.AuthorityType, values map[string]string, id requestID) map[string]any {
	w := r.worded(kind, values)
	body := map[string]any{"error": w.code, "error_description": w.text}
	if kind == openid.ADFS {
		return body
	}
	body["error_description"] = id.traced(w.text)
	body["timestamp"], body["trace_id"], body["correlation_id"] = id.timestamp(), id.trace, id.correlation
	if found := number.FindStringSubmatch(w.text); found != nil {
		code, _ := strconv.Atoi(found[1])
		body["error_codes"] = []int{code}
	}
	if r.claims != "" {
		body["suberror"], body["claims"] = "basic_action", r.claims
	}
	return body
}

// status is 400 for what is the caller's, as AD FS has it; Entra ID answers 401 to a client that does not prove who it is.
// Both are allowed by RFC 6749 section 5.2.
func (r *refusal) status(kind openid.AuthorityType) int {
	switch {
	case r.adfs.code == "server_error":
		return http.StatusInternalServerError
	case r.adfs.code == "temporarily_unavailable":
		return http.StatusServiceUnavailable
	case kind != openid.ADFS && r.entra.code == "invalid_client":
		return http.StatusUnauthorized
	default:
		return http.StatusBadRequest
	}
}

// writeRefusal answers a client. values are those of the request.
func (s *Server) writeRefusal(w http.ResponseWriter, r *http.Request, a authority, refused *refusal, values map[string]string) {
	id := newRequestID(r)
	status := refused.status(a.kind)
	_, _, basic := r.BasicAuth()
	if basic && refused.worded(a.kind, nil).code == "invalid_client" {
		w.Header().Set("WWW-Authenticate", `Basic realm="token"`) // RFC 6749 section 5.2
		status = http.StatusUnauthorized
	}
	if a.kind != openid.ADFS {
		w.Header().Set("x-ms-request-id", id.trace)
	}
	if r.Header.Get("return-client-request-id") != "" {
		w.Header().Set("client-request-id", id.correlation)
	}
	writeJSON(w, status, refused.errorBody(a.kind, values, id))
}

// newGUID returns a random GUID (RFC 9562 section 5.4).
func newGUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// clip bounds what a stranger wrote into the log.
func clip(s string) string { return clipTo(s, 80) }

func clipTo(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
