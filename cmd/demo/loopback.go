package main

import (
	"net"
	"net/http"
	"strings"
)

// loopbackOnly refuses requests whose Host header names another machine. A web site can make a browser send requests to
// 127.0.0.1 under the site's own name (DNS rebinding) and read the answers; it cannot make the browser lie about the name.
// Over HTTPS the certificate does the same.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			http.Error(w, "This server answers requests for localhost only.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isLoopback reports whether a Host header names this machine, whatever the port.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
