package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// TestWorkloads: workloads without a secret get their tokens as the SDK has it, and pass where people are asked for a second factor.
func TestWorkloads(t *testing.T) {
	d := startDemo(t, "--provider", "entra", "--listen-http", "127.0.0.1:0", "--mfa", "enforce")
	principals := d.principals(t)
	deployer, pipeline, web1 := principals["deployer"], principals["pipeline"], principals["web1"]

	kubernetes := func(p principal) azcore.TokenCredential {
		t.Helper()
		credential, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: d.clientOptions(t), DisableInstanceDiscovery: true, TenantID: p.TenantID, ClientID: p.ApplicationID,
			TokenFilePath: filepath.Join(d.Data, "federation", "kubernetes-token"),
		})
		if err != nil {
			t.Fatal(err)
		}
		return credential
	}
	github := func(p principal) azcore.TokenCredential {
		t.Helper()
		bearer := string(readFile(t, filepath.Join(d.Data, "federation", "github-request-token")))
		credential, err := azidentity.NewClientAssertionCredential(p.TenantID, p.ApplicationID, func(ctx context.Context) (string, error) {
			return d.jobToken(ctx, bearer)
		}, &azidentity.ClientAssertionCredentialOptions{ClientOptions: d.clientOptions(t), DisableInstanceDiscovery: true})
		if err != nil {
			t.Fatal(err)
		}
		return credential
	}
	managed := func(id azidentity.ManagedIDKind) azcore.TokenCredential {
		t.Helper()
		t.Setenv("IDENTITY_ENDPOINT", d.Plain+"/msi/token")
		t.Setenv("IDENTITY_HEADER", string(readFile(t, filepath.Join(d.Data, "identity-header"))))
		credential, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ClientOptions: d.clientOptions(t), ID: id})
		if err != nil {
			t.Fatal(err)
		}
		return credential
	}
	for _, test := range []struct {
		name       string
		credential azcore.TokenCredential
		groups     []string // that are listed
		writes     string   // the group that may be written, or ""
	}{
		{"application, Kubernetes", kubernetes(deployer), []string{"app", "data"}, "app"},
		{"application, GitHub", github(deployer), []string{"app", "data"}, "app"},
		{"managed identity, Kubernetes", kubernetes(pipeline), []string{"data"}, "data"},
		{"managed identity, GitHub", github(pipeline), []string{"data"}, "data"},
		{"managed identity, user-assigned", managed(azidentity.ClientID(pipeline.ApplicationID)), []string{"data"}, "data"},
		{"managed identity, user-assigned, by its resource", managed(azidentity.ResourceID(pipeline.ResourceID)), []string{"data"}, "data"},
		{"managed identity, system-assigned", managed(nil), []string{"app"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, r := d.groupsOf(t, production, test.credential)
			got := listGroups(t, client)
			if slices.Sort(got); !slices.Equal(got, test.groups) {
				t.Errorf("groups %v, want %v", got, test.groups)
			}
			for _, group := range []string{"app", "data"} {
				switch err := putGroup(t.Context(), client, group); {
				case group == test.writes || test.writes == "app":
					if err != nil {
						t.Error(err)
					}
				default:
					wantCode(t, err, http.StatusForbidden, "AuthorizationFailed")
				}
			}
			wantChallenges(t, r, 0)
		})
	}
	if web1.ResourceID == "" || web1.ClientSecret != "" {
		t.Errorf("web1 is %+v", web1)
	}
}

// A machine has the demo where a virtual machine has its Instance Metadata Service, and nothing else.
type machine struct {
	plain  string // the demo's address
	client *http.Client
}

func (m machine) Do(request *http.Request) (*http.Response, error) {
	if request.URL.Scheme != "http" || request.URL.Host != "169.254.169.254" {
		return nil, fmt.Errorf("%s is not what a machine has", request.URL)
	}
	address, err := url.Parse(m.plain)
	if err != nil {
		return nil, err
	}
	led := request.Clone(request.Context())
	led.URL.Host, led.Host = address.Host, ""
	return m.client.Do(led)
}

// withSlash asks for the demo's audience with a slash at its end, which is another one. The SDK keeps the tokens of managed identities for
// the whole process, whoever issued them, and TestWorkloads asks another demo for them.
type withSlash struct{ azcore.TokenCredential }

func (c withSlash) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	audience, _ := strings.CutSuffix(options.Scopes[0], "/.default")
	options.Scopes = []string{audience + "//.default"}
	return c.TokenCredential.GetToken(ctx, options)
}

// TestManagedIdentityOfMachine: without the variables of App Service, azidentity asks the Instance Metadata Service, at the address that
// it has on every machine.
func TestManagedIdentityOfMachine(t *testing.T) {
	for _, variable := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET"} {
		t.Setenv(variable, "")
	}
	d := startDemo(t, "--provider", "entra", "--listen-http", "127.0.0.1:0", "--mfa", "enforce")
	principals := d.principals(t)
	pipeline, web1 := principals["pipeline"], principals["web1"]
	credential := func(id azidentity.ManagedIDKind) azcore.TokenCredential {
		t.Helper()
		options := d.clientOptions(t)
		options.Transport = machine{plain: d.Plain, client: d.Client}
		credential, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ClientOptions: options, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		return withSlash{credential}
	}
	for _, test := range []struct {
		name   string
		id     azidentity.ManagedIDKind
		who    principal
		groups []string // that are listed
		writes string   // the group that may be written, or ""
	}{
		{"system-assigned", nil, web1, []string{"app"}, ""},
		{"system-assigned, by its client id", azidentity.ClientID(web1.ApplicationID), web1, []string{"app"}, ""},
		{"user-assigned, by its client id", azidentity.ClientID(pipeline.ApplicationID), pipeline, []string{"data"}, "data"},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, r := d.groupsOf(t, production, credential(test.id))
			if got := listGroups(t, client); !slices.Equal(got, test.groups) {
				t.Errorf("groups %v, want %v", got, test.groups)
			}
			for _, group := range []string{"app", "data"} {
				switch err := putGroup(t.Context(), client, group); {
				case group == test.writes:
					if err != nil {
						t.Error(err)
					}
				default:
					wantCode(t, err, http.StatusForbidden, "AuthorizationFailed")
					if !strings.Contains(err.Error(), test.who.ObjectID) {
						t.Errorf("refused is somebody else than %s: %v", test.who.Name, err)
					}
				}
			}
			wantChallenges(t, r, 0)
		})
	}
	scope := policy.TokenRequestOptions{Scopes: []string{d.installation(t).Audiences[0] + "/.default"}}
	if _, err := credential(azidentity.ClientID(principals["deployer"].ApplicationID)).GetToken(t.Context(), scope); err == nil {
		t.Error("a token of an application that is not the machine's")
	}
}

// jobToken asks for the token of a job of GitHub Actions, as the toolkit of actions does.
func (d demo) jobToken(ctx context.Context, bearer string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL+"/federation/github/idtoken?api-version=2.0&audience=api://AzureADTokenExchange", nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+bearer)
	response, err := d.Client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct{ Value string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Value == "" {
		return "", fmt.Errorf("status %d: %w", response.StatusCode, err)
	}
	return answer.Value, nil
}

// TestGroupOverage: who is in 250 groups, none of which is in the token, gets in by the last of them.
func TestGroupOverage(t *testing.T) {
	d := startDemo(t, "--provider", "entra")
	member := d.principals(t)["member"]
	if len(member.Groups) != 250 {
		t.Fatalf("member is in %d groups", len(member.Groups))
	}
	credential := d.passwordCredential(t, member)
	if got := listSubscriptions(t, d, credential); !slices.Equal(got, []string{sandbox}) {
		t.Errorf("subscriptions %v", got)
	}
	client, _ := d.groupsOf(t, sandbox, credential)
	if got := listGroups(t, client); !slices.Equal(got, []string{"lab"}) {
		t.Errorf("groups %v", got)
	}
	wantCode(t, putGroup(t.Context(), client, "lab"), http.StatusForbidden, "AuthorizationFailed")
	client, _ = d.groupsOf(t, production, credential)
	_, err := client.Get(t.Context(), "app", nil)
	wantCode(t, err, http.StatusForbidden, "AuthorizationFailed")
}
