package e2e

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
)

const (
	production = "5ecc0438-c340-44de-b012-ef1729ccd25b"
	sandbox    = "9f579131-6abd-4f74-8d2f-e384aa4efd6e"
)

// A recorder counts what the SDK is refused behind the back of its caller.
type recorder struct {
	client *http.Client

	mu         sync.Mutex
	challenges []string // WWW-Authenticate of answers 401
}

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	response, err := r.client.Do(request)
	if err == nil && response.StatusCode == http.StatusUnauthorized {
		r.mu.Lock()
		r.challenges = append(r.challenges, response.Header.Get("WWW-Authenticate"))
		r.mu.Unlock()
	}
	return response, err
}

// take returns the challenges since it was last asked.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.challenges
	r.challenges = nil
	return taken
}

// groupsOf is a client of a subscription's resource groups whose answers are recorded.
func (d demo) groupsOf(t *testing.T, subscription string, credential azcore.TokenCredential) (*armresources.ResourceGroupsClient, *recorder) {
	t.Helper()
	r := &recorder{client: d.Client}
	options := d.clientOptions(t)
	options.Transport = r
	client, err := armresources.NewResourceGroupsClient(subscription, credential, &arm.ClientOptions{ClientOptions: options, DisableRPRegistration: true})
	if err != nil {
		t.Fatal(err)
	}
	return client, r
}

// deviceCode is the credential of a user who signs in by device code, and how often that was asked for.
func (d demo) deviceCode(t *testing.T, user principal) (azcore.TokenCredential, *int) {
	t.Helper()
	signIns := new(int)
	credential, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: d.clientOptions(t), DisableInstanceDiscovery: true, TenantID: user.TenantID, ClientID: azureCLI,
		UserPrompt: func(_ context.Context, message azidentity.DeviceCodeMessage) error {
			*signIns++
			b := newBrowser(t, d)
			if page := b.signIn(t, b.open(t, message.VerificationURL), user.Username, message.UserCode); page.title() != "Signed in" {
				return errors.New("the page at the end is\n" + page.text)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return credential, signIns
}

func putGroup(ctx context.Context, client *armresources.ResourceGroupsClient, name string) error {
	_, err := client.CreateOrUpdate(ctx, name, armresources.ResourceGroup{Location: to.Ptr("local")}, nil)
	return err
}

// wantChallenges fails the test unless the SDK was refused so often since the last time, each time with a challenge for claims.
func wantChallenges(t *testing.T, r *recorder, want int) {
	t.Helper()
	got := r.take()
	if len(got) != want {
		t.Errorf("%d challenges, want %d: %q", len(got), want, got)
	}
	for _, challenge := range got {
		if !strings.Contains(challenge, `error="insufficient_claims", claims="`) {
			t.Errorf("challenge %s", challenge)
		}
	}
}

// TestStepUp: a user without a second factor reads, is challenged on a write, and steps up without that the program knows; then no more.
func TestStepUp(t *testing.T) {
	d := startDemo(t, "--provider", "entra", "--mfa", "enforce")
	owner := d.principals(t)["owner"]

	t.Run("device code", func(t *testing.T) {
		credential, signIns := d.deviceCode(t, owner)
		client, r := d.groupsOf(t, production, credential)
		steps := []struct {
			what       string
			do         func() error
			challenges int
			signIns    int // so far
		}{
			{"reads", func() error { listGroups(t, client); return nil }, 0, 1},
			{"writes", func() error { return putGroup(t.Context(), client, "stepped-up") }, 1, 2},
			{"writes again", func() error { return putGroup(t.Context(), client, "stepped-up-too") }, 0, 2},
			{"reads again", func() error { listGroups(t, client); return nil }, 0, 2},
		}
		for _, step := range steps {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.what, err)
			}
			if wantChallenges(t, r, step.challenges); *signIns != step.signIns {
				t.Errorf("%s: signed in %d times, want %d", step.what, *signIns, step.signIns)
			}
		}
	})
	t.Run("browser", func(t *testing.T) {
		credential, inBrowser := d.newBrowserCredential(t, owner, d.clientOptions(t))
		client, r := d.groupsOf(t, production, credential)
		read := func(ctx context.Context) error {
			_, err := client.Get(ctx, "app", nil)
			return err
		}
		inBrowser(t, read)
		wantChallenges(t, r, 0)
		inBrowser(t, func(ctx context.Context) error { return putGroup(ctx, client, "in-browser") })
		wantChallenges(t, r, 1)
		if err := putGroup(t.Context(), client, "in-browser"); err != nil {
			t.Error(err)
		}
		wantChallenges(t, r, 0)
	})
	t.Run("password", func(t *testing.T) {
		// A password cannot step up: the identity provider wants the user on a page, which is how scripts break.
		client, r := d.groupsOf(t, production, d.passwordCredential(t, owner))
		listGroups(t, client)
		err := putGroup(t.Context(), client, "by-password")
		if err == nil || !strings.Contains(err.Error(), "AADSTS50076") {
			t.Errorf("error %v, want AADSTS50076", err)
		}
		wantChallenges(t, r, 1)
	})
	t.Run("service principal", func(t *testing.T) {
		for name, credential := range d.credentials(t, d.principals(t)["deployer"]) {
			client, r := d.groupsOf(t, production, credential)
			listGroups(t, client)
			if err := putGroup(t.Context(), client, "by-"+name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			wantChallenges(t, r, 0)
		}
	})
	t.Run("client that cannot", func(t *testing.T) {
		token := strings.TrimSpace(string(d.run(t, "token", "--as", "owner")))
		client, r := d.groupsOf(t, production, staticToken(token))
		err := putGroup(t.Context(), client, "by-hand")
		wantCode(t, err, http.StatusForbidden, "RequestDisallowedByAzure")
		wantChallenges(t, r, 0)
	})
}

// TestRevocation: tokens that the SDK has in its cache are refused at once. It asks for a new one by itself, and goes on.
func TestRevocation(t *testing.T) {
	d := startDemo(t, "--provider", "entra")
	old := strings.TrimSpace(string(d.run(t, "token", "--as", "deployer")))
	credential := d.credentials(t, d.principals(t)["deployer"])["secret"]
	client, r := d.groupsOf(t, production, credential)
	listGroups(t, client)
	cached, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{d.installation(t).Audiences[0] + "/.default"}, EnableCAE: true})
	if err != nil {
		t.Fatal(err)
	}

	d.run(t, "revoke", "--as", "deployer")
	for _, token := range []string{old, cached.Token} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+"/subscriptions?api-version=2022-12-01", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := d.Client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized || !strings.Contains(string(body), "TokenIssuedBeforeRevocationTimestamp") {
			t.Errorf("a revoked token: %d %s", response.StatusCode, body)
		}
	}
	listGroups(t, client)
	wantChallenges(t, r, 1)
	listGroups(t, client)
	wantChallenges(t, r, 0)
}
