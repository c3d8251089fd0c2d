package main

import (
	"io"
	"net/http"
)

// livez answers as long as the process does. Neither it nor readyz needs a token.
func livez(w http.ResponseWriter, r *http.Request) { answerHealth(w, r, nil) }

// readyz answers 200 when tokens can be verified, and else 503 with the reason. It is the identity provider's trouble and
// cured by no restart, so livez does not look at it.
func (s *site) readyz(w http.ResponseWriter, r *http.Request) { answerHealth(w, r, s.verifier.Ready()) }

func answerHealth(w http.ResponseWriter, r *http.Request, err error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "GET or HEAD only", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "ok\n")
}
