package main

import (
	"html/template"
	"net/http"
	"strings"
)

// landing answers a browser that somebody has pointed at the demo's address. Everything below it is for clients, and mostly asks
// for a token.
//
// The commands to paste name files of this machine, so only who is on it gets them.
func (s *site) landing(side *side, w http.ResponseWriter, r *http.Request) {
	overview := s.overview()
	if isLoopback(r.RemoteAddr) {
		overview += s.commands()
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_ = landingPage.Execute(w, struct {
		Overview, Metadata string
	}{overview, s.metadataURL(side)}) // what fails here is the client's connection
}

// metadataURL is where the metadata of the demo's own identity provider is, as a side's page names it, or "".
func (s *site) metadataURL(side *side) string {
	if s.identity.own == nil {
		return ""
	}
	// On the user's side a path alone, for plain HTTP too.
	return strings.TrimPrefix(s.identity.providers[0].Authority+"/.well-known/openid-configuration", side.url)
}

var landingPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Hubgate demo</title></head>
<body>
<p>This is a local Azure Stack Hub to point real Azure clients at. Without a token one can read:</p>
<ul>
<li><a href="/metadata/endpoints?api-version=2015-01-01">what Resource Manager tells clients</a></li>
{{- with .Metadata}}
<li><a href="{{.}}">what the identity provider tells clients</a></li>
{{- end}}
<li><a href="/readyz">whether tokens can be verified</a></li>
</ul>
<pre>
{{.Overview}}</pre>
</body>
</html>
`))
