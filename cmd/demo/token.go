package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
)

var tokenCommand = command{
	name:    "token",
	summary: "print a token of a sample principal",
	about: "Token gets an access token for Resource Manager from a running demo, in the name of a sample principal, and prints\n" +
		"it, alone, on standard output. It lives for an hour. demo principals lists the names.",
	define: func(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
		var o tokenOptions
		flags.StringVar(&o.name, "as", "", "be the sample principal `NAME`")
		flags.StringVar(&o.tenant, "tenant", "", "be so in the directory tenant `ID`, or the domain of one; without it in the principal's own")
		flags.BoolVar(&o.admin, "admin", false, "get a token for the administrator's Resource Manager, not for the user's")
		dataFlag(flags, &o.data)
		return func(ctx context.Context, stdout, _ io.Writer) error { return printToken(ctx, o, stdout) }
	},
}

// tokenOptions are the flags of demo token.
type tokenOptions struct {
	name   string
	tenant string // empty: the principal's own
	admin  bool
	data   string
}

// azureCLI is the public client as which users sign in: the az command line, which every directory knows.
const azureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

func printToken(ctx context.Context, o tokenOptions, stdout io.Writer) error {
	if err := checkName(o.name, sample.ADFS(), sample.Entra()); err != nil {
		return err
	}
	dir, err := openData(o.data, datadir.Open)
	if err != nil {
		return err
	}
	demo, err := findRunning(ctx, dir)
	if err != nil {
		return err
	}
	if demo.TokenEndpoint == "" {
		return fmt.Errorf("the demo at %s trusts another identity provider: get a token there", demo.URL)
	}
	audience := demo.Audience
	if o.admin {
		if audience = demo.AdminAudience; audience == "" {
			return fmt.Errorf("--admin: the demo at %s has no administrator's side", demo.URL)
		}
	}
	installation := installationOf(demo.Provider)
	principal, err := findPrincipal(installation, o.name, o.tenant)
	if err != nil {
		return err
	}
	credentials, err := sample.OpenCredentials(dir, installation)
	if err != nil {
		return err
	}
	client, err := newClient(dir)
	if err != nil {
		return err
	}
	token, err := demo.tokenFor(ctx, client, principal, credentials.Secret(principal), audience)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, token)
	return err
}

// tokenFor gets the token of a principal: of the machine that a managed identity is on, and of the identity provider for everyone else.
func (r running) tokenFor(ctx context.Context, client *http.Client, p sample.Principal, secret, audience string) (string, error) {
	endpoint := strings.Replace(r.TokenEndpoint, "{tenant}", p.Tenant, 1)
	switch {
	case p.ManagedIdentity != "" && r.ManagedIdentityEndpoint == "":
		return "", fmt.Errorf("managed identities get their tokens over plain HTTP, and the demo at %s serves none: start it without --listen-http \"\"", r.URL)
	case p.ManagedIdentity != "":
		return requestManagedToken(ctx, client, r.ManagedIdentityEndpoint, p.ApplicationID, audience)
	case p.IsUser():
		return requestToken(ctx, client, endpoint, url.Values{
			"grant_type": {"password"}, "client_id": {azureCLI}, "username": {p.Username}, "password": {secret}, "scope": {audience + "/.default"},
		})
	default:
		return requestToken(ctx, client, endpoint, url.Values{
			"grant_type": {"client_credentials"}, "client_id": {p.ApplicationID}, "client_secret": {secret}, "scope": {audience + "/.default"},
		})
	}
}

// checkName refuses a name that is none of the installations' principals'.
func checkName(name string, installations ...sample.Installation) error {
	var names []string
	for _, installation := range installations {
		for _, p := range installation.Principals() {
			if p.Name == name {
				return nil
			}
			if !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
	}
	return usagef("--as: %q is none of %s", name, strings.Join(names, ", "))
}

// findPrincipal finds a principal in a tenant, which is given by its id or domain, or in its own: where an application is registered,
// and where a user is not a guest.
func findPrincipal(installation sample.Installation, name, tenant string) (sample.Principal, error) {
	if err := checkName(name, installation); err != nil {
		return sample.Principal{}, err
	}
	var places []string
	for _, t := range installation.Tenants {
		named := strings.EqualFold(tenant, t.ID) || strings.EqualFold(tenant, t.Domain)
		for _, p := range t.Principals() {
			if p.Name != name {
				continue
			}
			if named || tenant == "" && p.HomeTenant == "" {
				return p, nil
			}
			places = append(places, fmt.Sprintf("%s (%s)", t.ID, t.Domain))
		}
	}
	return sample.Principal{}, usagef("--tenant: %s is not in %q, but in %s", name, tenant, strings.Join(places, ", "))
}

// requestToken sends a token request and returns the access token.
func requestToken(ctx context.Context, client *http.Client, endpoint string, form url.Values) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return accessToken(client, request)
}

// requestManagedToken asks a machine for the token of one of its managed identities, as Azure's clients do.
func requestManagedToken(ctx context.Context, client *http.Client, endpoint, clientID, resource string) (string, error) {
	query := url.Values{"api-version": {"2018-02-01"}, "resource": {resource}, "client_id": {clientID}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Metadata", "true")
	return accessToken(client, request)
}

func accessToken(client *http.Client, request *http.Request) (string, error) {
	endpoint := *request.URL
	endpoint.RawQuery = ""
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer); err != nil {
		return "", fmt.Errorf("%s: status %d: %w", &endpoint, response.StatusCode, err)
	}
	if response.StatusCode != http.StatusOK || answer.AccessToken == "" {
		return "", fmt.Errorf("%s: status %d: %s", &endpoint, response.StatusCode, answer.Description)
	}
	return answer.AccessToken, nil
}
