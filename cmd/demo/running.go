package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/imds"
	"hubgate.example/cmd/demo/internal/sample"
)

const runningFile = "running.json"

// running is what a running demo leaves in the data directory, for demo token to find it.
type running struct {
	// URL is where the demo is.
	URL string `json:"url"`
	// MFAAudit is the file of --mfa audit, and empty in the other modes.
	MFAAudit string `json:"mfaAudit,omitempty"`
	// The rest is empty when someone else's identity provider is trusted.

	// Provider is what --provider said.
	Provider string `json:"provider,omitempty"`
	// TokenEndpoint has {tenant} in the place of the tenant, where the identity provider serves many.
	TokenEndpoint string `json:"tokenEndpoint,omitempty"`
	// ManagedIdentityEndpoint issues tokens to managed identities, over plain HTTP; it is empty where there are none.
	ManagedIdentityEndpoint string `json:"managedIdentityEndpoint,omitempty"`
	Audience                string `json:"audience,omitempty"`
	// Administration is where the gates are administered: empty when there is no administrator's side.
	Administration string `json:"administration,omitempty"`
	// AdminAudience is empty when there is no administrator's side.
	AdminAudience string `json:"adminAudience,omitempty"`
}

func newRunning(s *site) running {
	r := running{URL: s.url}
	if s.options.audits() {
		r.MFAAudit = s.mfaAuditFile()
	}
	own := s.identity.own
	if own == nil {
		return r
	}
	r.Provider, r.Audience = s.options.provider, own.installation.User.Audience
	if s.adminURL != "" {
		r.Administration = s.adminURL + sample.GateAdministration()
		r.AdminAudience = own.installation.Admin.Audience
	}
	r.TokenEndpoint = s.url + "/adfs/oauth2/token"
	if r.Provider == entra {
		r.TokenEndpoint = s.url + "/{tenant}/oauth2/v2.0/token"
		if s.plainURL != "" {
			r.ManagedIdentityEndpoint = s.plainURL + imds.MetadataPath
		}
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

// findRunning finds the demo that runs with a data directory.
func findRunning(ctx context.Context, dir *datadir.Dir) (running, error) {
	demo, err := readRunning(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return running{}, err
	}
	if err != nil || !demo.alive(ctx, dir) {
		return running{}, fmt.Errorf("no demo is running with the data directory %s: demo serve --data %s starts one", dir.Path(), shellWord(dir.Path()))
	}
	return demo, nil
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
