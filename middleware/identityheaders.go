package middleware

import (
	"net/http"
	"strings"
)

// identityHeaders are the headers in which Resource Manager tells a resource provider who is calling. They are believed
// there because of Resource Manager's client certificate; from anyone else they are a forgery. Names that begin with
// identityPrefix (App Service's x-ms-client-principal, -id, -name, -idp) are in the same class.
var identityHeaders = map[string]bool{
	"x-ms-client-object-id":              true,
	"x-ms-client-tenant-id":              true,
	"x-ms-client-app-id":                 true,
	"x-ms-client-app-id-acr":             true,
	"x-ms-client-issuer":                 true,
	"x-ms-client-audience":               true,
	"x-ms-client-scope":                  true,
	"x-ms-client-wids":                   true,
	"x-ms-client-authentication-methods": true,
}

const identityPrefix = "x-ms-client-principal"

// isIdentityHeader reports whether name, in any case, is an identity header. Underscores count as hyphens: a server behind
// the handler that turns header names into variables (CGI, WSGI) cannot tell the two apart.
func isIdentityHeader(name string) bool {
	const common = len("x-ms-client-")
	if len(name) <= common || (name[0] != 'X' && name[0] != 'x') {
		return false
	}
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	return identityHeaders[name] || strings.HasPrefix(name, identityPrefix)
}

func isAuthorization(name string) bool {
	const authorization = "Authorization"
	return len(name) == len(authorization) && strings.EqualFold(name, authorization)
}

// withoutIdentity returns header without identity headers and, unless keepAuthorization is set, without Authorization. It is
// a new map: what is outside the gate may read the request's own while the handler runs (http.TimeoutHandler answers before
// its handler has returned), and a map that is read and written at once ends the process.
func withoutIdentity(header http.Header, keepAuthorization bool) http.Header {
	kept := make(http.Header, len(header))
	for name, values := range header {
		if isIdentityHeader(name) || !keepAuthorization && isAuthorization(name) {
			continue
		}
		kept[name] = values
	}
	return kept
}
