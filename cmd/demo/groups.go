package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/openid/graph"
)

// graphURL is where the demo's Graph is.
func graphURL(baseURL string) string { return baseURL + "/graph" }

// graphAudiences are what clients ask tokens for the Graph by.
func graphAudiences(baseURL string) []string {
	return []string{graphURL(baseURL), graphURL(baseURL) + "/"}
}

// newResolver asks the demo's Graph for the groups that tokens have no room for, in every tenant in which the samples have an
// application that may read them. Stranger has none: when it is registered, who is in too many groups there is refused.
func (s *site) newResolver() (*graph.Resolver, error) {
	config := graph.Config{Logger: s.log}
	for _, tenant := range s.identity.own.installation.Tenants {
		for _, p := range tenant.Principals() {
			if len(p.GraphPermissions) > 0 {
				config.Tenants = append(config.Tenants, graph.Tenant{
					ID: tenant.ID, Endpoint: graphURL(s.url), Transport: newTransport(s.ca.Pool()), Token: s.newGraphToken(p).get,
				})
			}
		}
	}
	return graph.New(config)
}

// A graphToken is the token of an application for the Graph. It is kept for half of its lifetime.
type graphToken struct {
	client   *http.Client
	endpoint string
	form     url.Values

	mu    sync.Mutex
	token string
	until time.Time
}

func (s *site) newGraphToken(p sample.Principal) *graphToken {
	return &graphToken{
		client:   &http.Client{Transport: newTransport(s.ca.Pool())},
		endpoint: strings.Replace(newRunning(s).TokenEndpoint, "{tenant}", p.Tenant, 1),
		form: url.Values{
			"grant_type": {"client_credentials"}, "client_id": {p.ApplicationID},
			"client_secret": {s.identity.own.credentials.Secret(p)}, "scope": {graphURL(s.url) + "/.default"},
		},
	}
}

func (t *graphToken) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Now().Before(t.until) {
		return t.token, nil
	}
	token, err := requestToken(ctx, t.client, t.endpoint, t.form)
	if err != nil {
		return "", err
	}
	t.token, t.until = token, time.Now().Add(30*time.Minute)
	return token, nil
}
