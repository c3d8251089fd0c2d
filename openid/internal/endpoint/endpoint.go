// Package endpoint reads the addresses that openid and its packages are configured with or discover.
package endpoint

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Parse reads a URL that tokens or keys go to or come from: https, or http on a loopback host, where they can travel in the clear; a plain
// path, and no user, query or fragment.
func Parse(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, errors.New("is required")
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The error quotes the URL, and there may be a password in it.
		if parse := (*url.Error)(nil); errors.As(err, &parse) {
			err = parse.Err
		}
		return nil, fmt.Errorf("is not a URL: %w", err)
	}
	segments := strings.Split(u.Path, "/")
	switch {
	case u.User != nil:
		return nil, errors.New("must not hold a user name or password")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%q is not an https URL", raw)
	case u.Hostname() == "":
		return nil, fmt.Errorf("%q has no host", raw)
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		return nil, fmt.Errorf("%q: http is for loopback hosts only, use https", raw)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("%q must have no query and no fragment", raw)
	case u.RawPath != "" || strings.Contains(u.Path, "//") || slices.Contains(segments, ".") || slices.Contains(segments, ".."):
		return nil, fmt.Errorf("%q has a path that is not plain", raw)
	}
	return u, nil
}

// IsLoopback reports whether host, a name or an address without a port, is this machine.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
