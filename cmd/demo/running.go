package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
)

const runningFile = "running.json"

// running is what a running demo leaves in the data directory, for demo token to find it.
type running struct {
	// URL is where the demo is.
	URL string `json:"url"`
	// The rest is empty when someone else's identity provider is trusted.

	// Provider is what --provider said.
	Provider string `json:"provider,omitempty"`
	// TokenEndpoint has {tenant} in the place of the tenant, where the identity provider serves many.
	TokenEndpoint string `json:"tokenEndpoint,omitempty"`
	Audience      string `json:"audience,omitempty"`
	// AdminAudience is empty when there is no administrator's side.
	AdminAudience string `json:"adminAudience,omitempty"`
}

func newRunning(s *site) running {
	r := running{URL: s.url}
	own := s.identity.own
	if own == nil {
		return r
	}
	r.Provider, r.Audience = s.options.provider, own.installation.User.Audience
	if s.adminURL != "" {
		r.AdminAudience = own.installation.Admin.Audience
	}
	r.TokenEndpoint = s.url + "/adfs/oauth2/token"
	if r.Provider == entra {
		r.TokenEndpoint = s.url + "/{tenant}/oauth2/v2.0/token"
	}
	return r
}

func (r running) write(dir *datadir.Dir) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return dir.Write(runningFile, append(content, '\n'), 0o600)
}

// readRunning reads what the running demo left. fs.ErrNotExist means that none runs; one that was killed leaves its file behind, so
// ask alive too.
func readRunning(dir *datadir.Dir) (running, error) {
	content, err := dir.Read(runningFile)
	if err != nil {
		return running{}, err
	}
	var r running
	if err := json.Unmarshal(content, &r); err != nil {
		return running{}, fmt.Errorf("%s: %w", dir.File(runningFile), err)
	}
	return r, nil
}

// alive reports whether the demo still answers.
func (r running) alive(ctx context.Context, dir *datadir.Dir) bool {
	client, err := newClient(dir)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/livez", nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}
