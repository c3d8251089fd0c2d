package graph

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// parseEndpoint reads a configured address: https, or http on a loopback host, where a token can be sent in the clear; a plain path, and
// no user, query or fragment.
func parseEndpoint(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, errors.New("is required")
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The error quotes the address, and there may be a password in it.
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
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("%q: http is for loopback hosts only, use https", raw)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("%q must have no query and no fragment", raw)
	case u.RawPath != "" || strings.Contains(u.Path, "//") || slices.Contains(segments, ".") || slices.Contains(segments, ".."):
		return nil, fmt.Errorf("%q has a path that is not plain", raw)
	case slices.Contains([]string{"/v1.0", "/beta"}, strings.TrimSuffix(u.Path, "/")):
		return nil, fmt.Errorf("%q must not name a version", raw)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// nextPage is the address of the next page, when it is at the same origin: it gets the same token.
func nextPage(link string, endpoint *url.URL) (string, error) {
	u, err := url.Parse(link)
	switch {
	case err != nil:
		return "", errors.New("@odata.nextLink is not a URL")
	case u.Scheme != endpoint.Scheme || !strings.EqualFold(u.Host, endpoint.Host) || u.User != nil:
		return "", fmt.Errorf("@odata.nextLink leads to another origin (%s://%s)", clip(u.Scheme), clip(u.Host))
	}
	return u.String(), nil
}
