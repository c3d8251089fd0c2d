package e2e

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armsubscriptions"

	"hubgate.example/openid"
)

const (
	readerRole    = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	newAssignment = "1f0e5f7e-4a43-4a86-8d2b-6f7a3f1f0a55"
)

// installation is what a user would find out: what Resource Manager's own metadata says.
func (d demo) installation(t *testing.T) openid.Installation {
	t.Helper()
	installation, err := openid.Discover(t.Context(), d.URL, openid.DiscoverConfig{Transport: d.Client.Transport})
	if err != nil {
		t.Fatal(err)
	}
	return installation
}

// tenantOf is the tenant that the SDK signs a principal in to. It calls an AD FS's adfs.
func (d demo) tenantOf(t *testing.T, p principal) string {
	t.Helper()
	if d.installation(t).ADFS {
		return "adfs"
	}
	return p.TenantID
}

// cloudOf is the SDK's configuration for the demo.
func (d demo) cloudOf(t *testing.T) cloud.Configuration {
	t.Helper()
	installation := d.installation(t)
	return cloud.Configuration{
		ActiveDirectoryAuthorityHost: strings.TrimSuffix(installation.LoginEndpoint, "adfs"), // the SDK adds the tenant
		Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: d.URL, Audience: installation.Audiences[0]},
		},
	}
}

func (d demo) clientOptions(t *testing.T) azcore.ClientOptions {
	return azcore.ClientOptions{Cloud: d.cloudOf(t), Transport: d.Client, Retry: policy.RetryOptions{MaxRetries: -1}}
}

func (d demo) armOptions(t *testing.T) *arm.ClientOptions {
	return &arm.ClientOptions{ClientOptions: d.clientOptions(t), DisableRPRegistration: true}
}

// credentials are the ways in which a service principal signs in. The SDK signs with RS256 for AD FS and with PS256 for Entra ID, to
// which one may send assertions signed with RS256 too.
func (d demo) credentials(t *testing.T, p principal) map[string]azcore.TokenCredential {
	t.Helper()
	tenant := d.tenantOf(t, p)
	secret, err := azidentity.NewClientSecretCredential(tenant, p.ApplicationID, p.ClientSecret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: d.clientOptions(t), DisableInstanceDiscovery: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(p.CertificateFile)
	if err != nil {
		t.Fatal(err)
	}
	certificates, key, err := azidentity.ParseCertificates(pem, nil)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := azidentity.NewClientCertificateCredential(tenant, p.ApplicationID, certificates, key, &azidentity.ClientCertificateCredentialOptions{
		ClientOptions: d.clientOptions(t), DisableInstanceDiscovery: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]azcore.TokenCredential{"secret": secret, "certificate": certificate}
	if tenant == "adfs" {
		return all
	}
	all["assertion"], err = azidentity.NewClientAssertionCredential(tenant, p.ApplicationID, func(context.Context) (string, error) {
		return signAssertion(p.ApplicationID, d.URL+"/"+tenant+"/oauth2/v2.0/token", certificates[0], key.(*rsa.PrivateKey))
	}, &azidentity.ClientAssertionCredentialOptions{ClientOptions: d.clientOptions(t), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// signAssertion makes a client assertion (RFC 7523) that is signed with RS256 and names its certificate by x5t.
func signAssertion(clientID, audience string, certificate *x509.Certificate, key *rsa.PrivateKey) (string, error) {
	thumbprint := sha1.Sum(certificate.Raw)
	var parts []string
	for _, part := range []any{
		map[string]any{"alg": "RS256", "typ": "JWT", "x5t": base64.RawURLEncoding.EncodeToString(thumbprint[:])},
		map[string]any{"aud": audience, "iss": clientID, "sub": clientID, "jti": rand.Text(),
			"nbf": time.Now().Unix(), "exp": time.Now().Add(5 * time.Minute).Unix()},
	} {
		content, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(content))
	}
	digest := sha256.Sum256([]byte(strings.Join(parts, ".")))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	return strings.Join(append(parts, base64.RawURLEncoding.EncodeToString(signature)), "."), err
}

// TestAzureSDK drives the demo with the unmodified Azure SDK for Go, as the service principal that owns the first subscription.
func TestAzureSDK(t *testing.T) {
	for _, provider := range []string{"adfs", "entra"} {
		d := startDemo(t, "--provider", provider)
		deployer, ok := d.principals(t)["deployer"]
		if !ok {
			t.Fatal("demo principals lists no deployer")
		}
		for name, credential := range d.credentials(t, deployer) {
			t.Run(provider+" "+name, func(t *testing.T) {
				subscriptions := listSubscriptions(t, d, credential)
				if len(subscriptions) != 1 {
					t.Fatalf("subscriptions %v, want the one that deployer owns", subscriptions)
				}
				testResourceGroups(t, d, credential, subscriptions[0], name)
				testRoleAssignments(t, d, credential, subscriptions[0])
			})
		}
	}
}

func listSubscriptions(t *testing.T, d demo, credential azcore.TokenCredential) []string {
	t.Helper()
	client, err := armsubscriptions.NewClient(credential, d.armOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for pager := client.NewListPager(nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page.Value {
			if *s.State != armsubscriptions.SubscriptionStateEnabled || *s.TenantID == "" || *s.DisplayName == "" {
				t.Errorf("subscription %+v is incomplete", s)
			}
			ids = append(ids, *s.SubscriptionID)
		}
	}
	return ids
}

func testResourceGroups(t *testing.T, d demo, credential azcore.TokenCredential, subscription, name string) {
	t.Helper()
	client, err := armresources.NewResourceGroupsClient(subscription, credential, d.armOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	before := listGroups(t, client)
	name = "sdk-" + name
	location := "local"
	created, err := client.CreateOrUpdate(t.Context(), name, armresources.ResourceGroup{Location: &location}, nil)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	if *created.Name != name || *created.Location != location {
		t.Errorf("created %+v", created.ResourceGroup)
	}
	if after := listGroups(t, client); len(after) != len(before)+1 || !slices.Contains(after, name) {
		t.Errorf("groups %v, want %v and %s", after, before, name)
	}
	exists, err := client.CheckExistence(t.Context(), name, nil)
	if err != nil || !exists.Success {
		t.Errorf("exists: %v, %v", exists.Success, err)
	}
	poller, err := client.BeginDelete(t.Context(), name, nil)
	if err != nil {
		t.Fatalf("delete: %v", err)
	}
	if _, err := poller.PollUntilDone(t.Context(), nil); err != nil {
		t.Fatalf("delete: %v", err)
	}
	if after := listGroups(t, client); !slices.Equal(after, before) {
		t.Errorf("after delete: groups %v, want %v", after, before)
	}
	_, err = client.Get(t.Context(), name, nil)
	wantCode(t, err, http.StatusNotFound, "ResourceGroupNotFound")
}

func listGroups(t *testing.T, client *armresources.ResourceGroupsClient) []string {
	t.Helper()
	var names []string
	for pager := client.NewListPager(nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range page.Value {
			names = append(names, *group.Name)
		}
	}
	return names
}

// testRoleAssignments gives the user without any role one, sees it count from the next request on, and takes it away again.
func testRoleAssignments(t *testing.T, d demo, credential azcore.TokenCredential, subscription string) {
	t.Helper()
	client, err := armauthorization.NewRoleAssignmentsClient(subscription, credential, d.armOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	outsider := d.principals(t)["outsider"]
	token := strings.TrimSpace(string(d.run(t, "token", "--as", "outsider")))
	scope := "/subscriptions/" + subscription
	path := scope + "/resourcegroups?api-version=2021-04-01"
	canRead := func(when string, want int) {
		t.Helper()
		if status, _, body := d.get(t, token, scope+"?api-version=2022-12-01"); status != want {
			t.Errorf("%s: outsider gets %d, want %d\n%s", when, status, want, body)
		}
	}
	canRead("before", http.StatusForbidden)

	roleID := scope + "/providers/Microsoft.Authorization/roleDefinitions/" + readerRole
	kind := armauthorization.PrincipalTypeUser
	parameters := armauthorization.RoleAssignmentCreateParameters{Properties: &armauthorization.RoleAssignmentProperties{
		PrincipalID: &outsider.ObjectID, RoleDefinitionID: &roleID, PrincipalType: &kind,
	}}
	created, err := client.Create(t.Context(), scope, newAssignment, parameters, nil)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	if *created.Properties.PrincipalID != outsider.ObjectID || *created.Properties.Scope != scope {
		t.Errorf("created %+v", created.Properties)
	}
	canRead("assigned", http.StatusOK)
	if status, _, _ := d.get(t, token, path); status != http.StatusOK {
		t.Errorf("outsider's list of resource groups: %d", status)
	}
	if !slices.Contains(listAssignments(t, client), newAssignment) {
		t.Error("the new role assignment is not in the list")
	}
	_, err = client.Create(t.Context(), scope, "2a1d7a52-4f8e-4f13-8a5e-90c1f3f6a001", parameters, nil)
	wantCode(t, err, http.StatusConflict, "RoleAssignmentExists")

	if _, err := client.Delete(t.Context(), scope, newAssignment, nil); err != nil {
		t.Fatalf("delete: %v", err)
	}
	if slices.Contains(listAssignments(t, client), newAssignment) {
		t.Error("the deleted role assignment is still in the list")
	}
	canRead("deleted", http.StatusForbidden)
}

func listAssignments(t *testing.T, client *armauthorization.RoleAssignmentsClient) []string {
	t.Helper()
	var names []string
	for pager := client.NewListForSubscriptionPager(nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, assignment := range page.Value {
			names = append(names, *assignment.Name)
		}
	}
	return names
}

// TestAzureSDKRefusals: what the SDK's user sees when the gate says no.
func TestAzureSDKRefusals(t *testing.T) {
	d := startDemo(t)
	principals := d.principals(t)
	var sandbox string
	owner := strings.TrimSpace(string(d.run(t, "token", "--as", "owner")))
	credential := d.credentials(t, principals["deployer"])["secret"]
	own := listSubscriptions(t, d, credential)
	for _, id := range listSubscriptions(t, d, staticToken(owner)) {
		if !slices.Contains(own, id) {
			sandbox = id
		}
	}
	if sandbox == "" {
		t.Fatal("owner sees no subscription beside deployer's")
	}

	groups := func(credential azcore.TokenCredential) error {
		client, err := armresources.NewResourceGroupsClient(sandbox, credential, d.armOptions(t))
		if err != nil {
			t.Fatal(err)
		}
		location := "local"
		_, err = client.CreateOrUpdate(t.Context(), "intruder", armresources.ResourceGroup{Location: &location}, nil)
		return err
	}
	t.Run("forbidden", func(t *testing.T) {
		err := groups(credential)
		wantCode(t, err, http.StatusForbidden, "AuthorizationFailed")
		for _, part := range []string{deployerID(principals), "Microsoft.Resources/subscriptions/resourceGroups/write", sandbox} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("message lacks %q:\n%v", part, err)
			}
		}
	})
	t.Run("token of another issuer", func(t *testing.T) {
		stranger := startIssuer(t, "adfs", "")
		wantCode(t, groups(staticToken(stranger.token(t, principals["owner"].ObjectID, ""))), http.StatusUnauthorized, "InvalidAuthenticationToken")
	})
	t.Run("wrong secret", func(t *testing.T) {
		p := principals["deployer"]
		p.ClientSecret = "not the secret"
		err := groups(d.credentials(t, p)["secret"])
		var failed *azidentity.AuthenticationFailedError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), "invalid_client") {
			t.Errorf("error %v, want azidentity's AuthenticationFailedError with invalid_client", err)
		}
	})
}

func deployerID(principals map[string]principal) string { return principals["deployer"].ObjectID }

// staticToken is a credential that has a token already.
type staticToken string

func (s staticToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(s)}, nil
}

// wantCode expects a refusal of Resource Manager.
func wantCode(t *testing.T, err error, status int, code string) {
	t.Helper()
	var response *azcore.ResponseError
	if !errors.As(err, &response) || response.StatusCode != status || response.ErrorCode != code {
		t.Errorf("error %v, want %d %s", err, status, code)
	}
}
