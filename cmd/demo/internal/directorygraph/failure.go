package directorygraph

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A failure is an answer that is no success, in the Graph's words.
type failure struct {
	status        int
	code, message string
	reason        string        // for the log, where the message leaves it out
	challenge     string        // WWW-Authenticate, with 401
	retryAfter    time.Duration // with 429 and 503
}

// write answers in the Graph's form. The ids are for finding the call again in both logs.
func (f *failure) write(w http.ResponseWriter, r *http.Request) {
	id := rand.Text()
	sent := cmp.Or(clip(r.Header.Get("client-request-id")), id)
	h := w.Header()
	h.Set("request-id", id)
	h.Set("client-request-id", sent)
	if f.challenge != "" {
		h.Set("WWW-Authenticate", f.challenge)
	}
	if f.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(f.retryAfter.Round(time.Second)/time.Second)))
	}
	if f.status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	writeJSON(w, f.status, map[string]any{"error": map[string]any{
		"code":    f.code,
		"message": f.message,
		"innerError": map[string]string{
			"date":              time.Now().UTC().Format("2006-01-02T15:04:05"),
			"request-id":        id,
			"client-request-id": sent,
		},
	}})
}

func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // what fails here is the caller's connection
}

// clip bounds what a stranger wrote.
func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
