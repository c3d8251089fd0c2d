package main

import (
	"html/template"
	"net/http"
)

// landing answers a browser that somebody has pointed at the demo's address. Everything below it is for clients, and mostly asks
// for a token.
func (s *site) landing(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_ = landingPage.Execute(w, struct {
		Overview string
		ADFS     bool
	}{s.overview(), s.identity.adfs != nil}) // what fails here is the client's connection
}

var landingPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Hubgate demo</title></head>
<body>
<p>This is a local Azure Stack Hub to point real Azure clients at. Without a token one can read:</p>
<ul>
<li><a href="/metadata/endpoints?api-version=2015-01-01">what Resource Manager tells clients</a></li>
{{- if .ADFS}}
<li><a href="/adfs/.well-known/openid-configuration">what AD FS tells clients</a></li>
{{- end}}
<li><a href="/readyz">whether tokens can be verified</a></li>
</ul>
<pre>
{{.Overview}}</pre>
</body>
</html>
`))
