package main

import (
	"crypto/rand"
	"crypto/tls"
	"log/slog"
	"net/http"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/directorygraph"
	"hubgate.example/cmd/demo/internal/federation"
	"hubgate.example/cmd/demo/internal/imds"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/openid"
)

// identityHeaderFile has the value of IDENTITY_HEADER, which clients have to show where IDENTITY_ENDPOINT sends them. It is another one
// at each start.
const identityHeaderFile = "identity-header"

// newFederation makes the identity provider of workloads that run elsewhere.
func newFederation(baseURL string, key tls.Certificate, dir *datadir.Dir, log *slog.Logger) (*federation.Server, error) {
	return federation.New(federation.Config{
		URL: baseURL + "/federation", SigningKey: key, Dir: dir, Logger: log,
		ServiceAccount: sample.ServiceAccount, Repository: sample.Repository, Branch: sample.Branch,
	})
}

// openWorkloads opens what an Entra ID has beside its sign-in: the Graph, who asks it for the gates, and the machine that issues
// tokens to managed identities.
func (s *site) openWorkloads() error {
	own := s.identity.own
	if own == nil || own.federation == nil {
		return nil
	}
	var tenants []string
	for _, tenant := range own.tenants {
		tenants = append(tenants, tenant.ID)
	}
	verifier, err := openid.NewVerifier(openid.VerifierConfig{Providers: s.providers, Audiences: graphAudiences(s.url), Tenants: tenants})
	if err != nil {
		return err
	}
	own.graph, err = directorygraph.New(directorygraph.Config{URL: graphURL(s.url), Verifier: verifier, Tenants: own.tenants, Logger: s.log})
	if err != nil {
		return err
	}
	if own.groups, err = s.newResolver(); err != nil {
		return err
	}
	header := rand.Text()
	own.machine, err = imds.New(imds.Config{Provider: own.server, Tenant: own.installation.Home(), Header: header, Logger: s.log})
	if err != nil || s.plainURL == "" {
		return err
	}
	return s.dir.Write(identityHeaderFile, []byte(header), 0o600)
}

// serve answers what is the identity provider's, and reports whether it was.
func (own *ownIdentity) serve(w http.ResponseWriter, r *http.Request) bool {
	var handler http.Handler
	switch path := r.URL.Path; {
	case own.server.Serves(path):
		handler = own.server
	case own.federation == nil:
		return false
	case own.federation.Serves(path):
		handler = own.federation
	case own.graph.Serves(path):
		handler = own.graph
	case r.TLS == nil && own.machine.Serves(path): // plain HTTP is for this machine alone
		handler = own.machine
	default:
		return false
	}
	handler.ServeHTTP(w, r)
	return true
}
