package main

import (
	"cmp"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"hubgate.example/openid"
)

// tenants are those whose tokens are accepted.
type tenants struct {
	home string // the first
	all  []string
	adfs bool // AD FS and Entra ID do not mix
}

// check finds what is wrong with an identity before anything of it is started. It makes the very providers and verifier, on no
// network and without a log, so that what package openid refuses is all in one place.
func (id identity) check(o *serveOptions) (tenants, error) {
	var providers []*openid.Provider
	for _, config := range id.providers {
		config.Transport, config.RootCAs, config.Logger = offline{}, nil, nil
		provider, err := openid.NewProvider(config)
		if err != nil {
			return tenants{}, o.inFlags(config.Authority, err)
		}
		defer provider.Close()
		if provider.Tenant() == "" && len(id.tenants) == 0 {
			return tenants{}, usagef("--tenant: is required, because %s serves many tenants", config.Authority)
		}
		own := provider.Tenant()
		isOwn := func(tenant string) bool { return strings.EqualFold(tenant, own) }
		if own != "" && len(id.tenants) > 0 && !slices.ContainsFunc(id.tenants, isOwn) {
			return tenants{}, usagef("--tenant: lacks %s, the tenant of %s", own, config.Authority)
		}
		for _, earlier := range providers {
			sameTenant := provider.Type() == openid.ADFS && earlier.Type() == openid.ADFS && earlier.Tenant() == own
			if sameTenant && earlier.Authority() != provider.Authority() {
				return tenants{}, usagef("--authority: %s and %s have the same tenant %q, so that their users could not be told apart: "+
					"name the tenant in the URL, https://HOST/adfs/TENANT", earlier.Authority(), provider.Authority(), own)
			}
		}
		providers = append(providers, provider)
	}
	verifier, err := openid.NewVerifier(id.verifierConfig(providers))
	if err != nil {
		return tenants{}, o.inFlags("", err)
	}
	if o.asksMFA() && !verifier.ShowsMFA() {
		return tenants{}, usagef("--mfa-claim: is required with --mfa %s, because an AD FS shows multi-factor authentication only by a claim that its rules issue", o.mfa)
	}
	accepted := tenants{home: providers[0].Tenant(), all: verifier.Tenants(), adfs: providers[0].Type() == openid.ADFS}
	if len(id.tenants) > 0 {
		accepted.home = strings.ToLower(id.tenants[0])
	}
	switch {
	case accepted.adfs && o.mfaContext != "":
		return tenants{}, usagef("--mfa-context: is for Entra ID, an AD FS knows no authentication contexts")
	case accepted.adfs && o.deleteGroupContext != "":
		return tenants{}, usagef("--delete-group-context: is for Entra ID, an AD FS knows no authentication contexts")
	}
	_, err = o.mfaExceptions(accepted)
	return accepted, err
}

func (id identity) verifierConfig(providers []*openid.Provider) openid.VerifierConfig {
	return openid.VerifierConfig{
		Providers: providers, Audiences: id.audiences, Tenants: id.tenants, MFAClaim: id.mfaClaim, WorkloadClaim: id.workloadClaim,
	}
}

// field finds the field that an error of package openid names first.
var field = regexp.MustCompile(`^openid: \w+\.(\w+)(?:\[\d+\]|\.\w+)?: `)

// inFlags words an error of package openid for the command line, where a flag has set the field that is wrong. authority is the URL
// that the error is about, or "".
func (o *serveOptions) inFlags(authority string, err error) error {
	named := field.FindStringSubmatch(err.Error())
	if named == nil {
		return err
	}
	source := cmp.Or(o.resourceManager, authority)
	flag := map[string]string{
		"Tenant": "--tenant", "Tenants": "--tenant", "Audiences": "--audience", "MFAClaim": "--mfa-claim", "WorkloadClaim": "--workload-claim",
	}[named[1]]
	switch {
	case o.resourceManager != "" && flag != "--tenant":
		flag = "--resource-manager"
	case flag == "":
		flag = "--authority"
	}
	if source != "" && flag != "--tenant" {
		flag += " " + source
	}
	return usagef("%s: %s", flag, strings.TrimPrefix(err.Error(), named[0]))
}

// offline is a network on which nothing can be reached.
type offline struct{}

func (offline) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("offline") }
