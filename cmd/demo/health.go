package main

import (
	"encoding/json"
	"io"
	"net/http"

	"hubgate.example/openid"
)

// livez answers as long as the process does. Neither it nor readyz needs a token.
func livez(w http.ResponseWriter, r *http.Request) {
	if acceptsProbe(w, r) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, "ok\n")
	}
}

// A readiness is what readyz answers: whether tokens can be verified, and what is known of each identity provider.
type readiness struct {
	Ready     bool            `json:"ready"`
	Providers []openid.Health `json:"providers"`
}

// readyz answers 200 when tokens can be verified, else 503; its body says why. It is the identity provider's trouble and cured by
// no restart, so livez does not look at it.
func readyz(verifier *openid.Verifier, w http.ResponseWriter, r *http.Request) {
	if !acceptsProbe(w, r) {
		return
	}
	state := readiness{Ready: true, Providers: verifier.Health()}
	for _, health := range state.Providers {
		state.Ready = state.Ready && health.Ready
	}
	body, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if !state.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	w.Write(append(body, '\n'))
}

// acceptsProbe takes GET and HEAD, and answers any other method itself. No cache may keep what a probe is told.
func acceptsProbe(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "GET or HEAD only", http.StatusMethodNotAllowed)
		return false
	}
	w.Header().Set("Cache-Control", "no-store")
	return true
}
