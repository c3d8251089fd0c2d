package e2e

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
)

// azureCLI is the public client as which users sign in.
const azureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// passwordCredential signs a user in without a page.
func (d demo) passwordCredential(t *testing.T, p principal) azcore.TokenCredential {
	t.Helper()
	//lint:ignore SA1019 it is deprecated for what the tests show: a password is refused where a second factor is demanded
	options := &azidentity.UsernamePasswordCredentialOptions{ClientOptions: d.clientOptions(t), DisableInstanceDiscovery: true}
	credential, err := azidentity.NewUsernamePasswordCredential(d.tenantOf(t, p), azureCLI, p.Username, p.Password, options)
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

// deviceCodeCredential signs a user in who enters the code on the identity provider's page.
func (d demo) deviceCodeCredential(t *testing.T, p principal) azcore.TokenCredential {
	t.Helper()
	credential, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: d.clientOptions(t), DisableInstanceDiscovery: true, TenantID: d.tenantOf(t, p), ClientID: azureCLI,
		UserPrompt: func(_ context.Context, message azidentity.DeviceCodeMessage) error {
			b := newBrowser(t, d)
			if page := b.signIn(t, b.open(t, message.VerificationURL), p.Username, message.UserCode); page.title() != "Signed in" {
				return errors.New("the page at the end is\n" + page.text)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

// browserCredential signs a user in whom the identity provider's page sends back to the SDK.
func (d demo) browserCredential(t *testing.T, p principal) azcore.TokenCredential {
	t.Helper()
	credential, inBrowser := d.newBrowserCredential(t, p, d.clientOptions(t))
	audience := d.installation(t).Audiences[0]
	inBrowser(t, func(ctx context.Context) error {
		_, err := credential.Authenticate(ctx, &policy.TokenRequestOptions{
			Scopes: []string{audience + "/.default"}, EnableCAE: true, // as Resource Manager's clients ask, or they ask again
		})
		return err
	})
	return credential
}

// newBrowserCredential makes the credential of a user who is not signed in yet. inBrowser does what makes the SDK open a browser, and
// signs the user in there.
func (d demo) newBrowserCredential(t *testing.T, p principal, options azcore.ClientOptions) (
	credential *azidentity.InteractiveBrowserCredential, inBrowser func(t *testing.T, do func(context.Context) error),
) {
	t.Helper()
	credential, err := azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{
		ClientOptions: options, DisableInstanceDiscovery: true, TenantID: d.tenantOf(t, p), ClientID: azureCLI,
	})
	if err != nil {
		t.Fatal(err)
	}
	opener, opened := browserOpener(t)
	t.Setenv("PATH", filepath.Dir(opener)+string(os.PathListSeparator)+os.Getenv("PATH"))
	return credential, func(t *testing.T, do func(context.Context) error) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- do(ctx) }()
		b := newBrowser(t, d)
		page := b.goOn(t, b.signIn(t, b.open(t, opened()), p.Username, ""))
		if err := <-done; err != nil {
			t.Fatalf("%v; the browser shows\n%s", err, page.text)
		}
	}
}

// TestAzureSDKUsers signs people in with the unmodified SDK, in every way that it has for them.
func TestAzureSDKUsers(t *testing.T) {
	for _, provider := range []string{"adfs", "entra"} {
		t.Run(provider, func(t *testing.T) {
			d := startDemo(t, "--provider", provider)
			owner := d.principals(t)["owner"]
			for name, credential := range map[string]func(*testing.T, principal) azcore.TokenCredential{
				"password": d.passwordCredential, "device code": d.deviceCodeCredential, "browser": d.browserCredential,
			} {
				t.Run(name, func(t *testing.T) {
					if subscriptions := listSubscriptions(t, d, credential(t, owner)); len(subscriptions) != 2 {
						t.Errorf("subscriptions %v, want owner's two", subscriptions)
					}
				})
			}
		})
	}
}

// TestAzureSDKTenants: who is in two directory tenants is somebody else in each.
func TestAzureSDKTenants(t *testing.T) {
	d := startDemo(t, "--provider", "entra")
	var home, partner principal // of the user who has to show a second factor in one of them
	for _, p := range d.allPrincipals(t) {
		switch {
		case p.Name == "visitor" && p.HomeTenantID == "":
			home = p
		case p.Name == "visitor":
			partner = p
		}
	}
	if home.TenantID == "" || partner.HomeTenantID != home.TenantID {
		t.Fatalf("visitor is %+v and %+v", home, partner)
	}
	sees := func(credential azcore.TokenCredential) string {
		t.Helper()
		subscriptions := listSubscriptions(t, d, credential)
		if len(subscriptions) != 1 {
			t.Fatalf("subscriptions %v, want one", subscriptions)
		}
		return subscriptions[0]
	}
	atHome, asGuest := sees(d.passwordCredential(t, home)), sees(d.deviceCodeCredential(t, partner))
	if browser := sees(d.browserCredential(t, partner)); atHome == asGuest || browser != asGuest {
		t.Errorf("visitor sees %s at home, %s and %s as a guest", atHome, asGuest, browser)
	}

	t.Run("second factor", func(t *testing.T) {
		client, err := armresources.NewResourceGroupsClient(asGuest, d.passwordCredential(t, partner), d.armOptions(t))
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.NewListPager(nil).NextPage(t.Context())
		if err == nil || !strings.Contains(err.Error(), "AADSTS50076") || !strings.Contains(err.Error(), "interaction_required") {
			t.Errorf("error %v, want AADSTS50076", err)
		}
	})
	t.Run("application", func(t *testing.T) {
		own, other := d.principals(t)["deployer"], d.of(t, "deployer", partner.TenantID)
		if own.ApplicationID != other.ApplicationID || own.ObjectID == other.ObjectID {
			t.Fatalf("deployer is %+v and %+v", own, other)
		}
		production := sees(d.credentials(t, own)["secret"])
		for name, credential := range d.credentials(t, other) {
			if got := sees(credential); got != asGuest {
				t.Errorf("%s: deployer of the other tenant sees %s, want %s", name, got, asGuest)
			}
			client, err := armresources.NewResourceGroupsClient(production, credential, d.armOptions(t))
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.NewListPager(nil).NextPage(t.Context())
			wantCode(t, err, http.StatusUnauthorized, "InvalidAuthenticationTokenTenant")
		}
	})
}
