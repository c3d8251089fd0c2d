package graph

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"hubgate.example/openid/internal/endpoint"
)

// parseEndpoint reads the configured address of Graph, which is without the version.
func parseEndpoint(raw string) (*url.URL, error) {
	u, err := endpoint.Parse(raw)
	if err != nil {
		return nil, err
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	if u.Path == "/v1.0" || u.Path == "/beta" {
		return nil, fmt.Errorf("%q must not name a version", raw)
	}
	return u, nil
}

// nextPage is the address of the next page, when it is at the same origin: it gets the same token.
func nextPage(link string, at *url.URL) (string, error) {
	u, err := url.Parse(link)
	switch {
	case err != nil:
		return "", errors.New("@odata.nextLink is not a URL")
	case u.Scheme != at.Scheme || !strings.EqualFold(u.Host, at.Host) || u.User != nil:
		return "", fmt.Errorf("@odata.nextLink leads to another origin (%s://%s)", clip(u.Scheme), clip(u.Host))
	}
	return u.String(), nil
}
