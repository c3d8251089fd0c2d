package main

import "net/http"

// withoutHSTS takes Strict-Transport-Security off every answer. Resource Manager sends it, and so does the gate; but the name here is
// localhost, and a browser that trusts ca.pem would keep every other server on this machine from being reached over plain HTTP
// (RFC 6797, section 8.3: a pinned host counts for all its ports).
func withoutHSTS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&unpinned{ResponseWriter: w}, r)
	})
}

type unpinned struct{ http.ResponseWriter }

func (u *unpinned) WriteHeader(status int) {
	u.Header().Del("Strict-Transport-Security")
	u.ResponseWriter.WriteHeader(status)
}

func (u *unpinned) Write(body []byte) (int, error) {
	u.Header().Del("Strict-Transport-Security") // the first Write sends the header, later ones find it sent
	return u.ResponseWriter.Write(body)
}

// Unwrap is for http.ResponseController.
func (u *unpinned) Unwrap() http.ResponseWriter { return u.ResponseWriter }
