package resourcemanager

import (
	"net/http"
	"net/url"
	"regexp"
)

// emptyParent is the path that az resource makes up of a namespace, no parent and a type.
var emptyParent = regexp.MustCompile(`^((?i:/subscriptions/[^/]+/resourcegroups/[^/]+/providers/[^/]+)/)(/[^/]+/[^/]+(?:/[^/]+)?/?)$`)

// withoutEmptyParent drops the empty segment between a namespace and a type, and no other. It comes before the gate, which
// refuses empty segments: so the gate decides on the path that is served, as always.
func withoutEmptyParent(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if match := emptyParent.FindStringSubmatch(r.URL.EscapedPath()); match != nil {
			mended := *r.URL
			mended.RawPath = match[1] + match[2][1:]
			path, err := url.PathUnescape(mended.RawPath)
			if err == nil { // or it is not what was parsed
				mended.Path = path
				r = r.Clone(r.Context())
				r.URL = &mended
			}
		}
		next.ServeHTTP(w, r)
	})
}
