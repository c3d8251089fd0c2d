package e2e

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// TestDeleteGroupContext: the SDK steps up to the authentication context that the deletion of a resource group asks for, once.
func TestDeleteGroupContext(t *testing.T) {
	d := startDemo(t, "--provider", "entra", "--delete-group-context", "c1")
	principals := d.principals(t)
	owner := principals["owner"]
	signIns := 0
	credential, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: d.clientOptions(t), DisableInstanceDiscovery: true, TenantID: owner.TenantID, ClientID: azureCLI,
		UserPrompt: func(_ context.Context, message azidentity.DeviceCodeMessage) error {
			signIns++
			b := newBrowser(t, d)
			if page := b.signIn(t, b.open(t, message.VerificationURL), owner.Username, message.UserCode); page.title() != "Signed in" {
				return errors.New("the page at the end is\n" + page.text)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	client, r := d.groupsOf(t, production, credential)
	for _, step := range []struct {
		name       string
		challenges int
		signIns    int // so far
	}{{"first", 1, 2}, {"second", 0, 2}} {
		if err := putGroup(t.Context(), client, step.name); err != nil {
			t.Fatal(err)
		}
		wantChallenges(t, r, 0)
		poller, err := client.BeginDelete(t.Context(), step.name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poller.PollUntilDone(t.Context(), nil); err != nil {
			t.Error(err)
		}
		wantChallenges(t, r, step.challenges)
		if signIns != step.signIns {
			t.Errorf("%s: signed in %d times, want %d", step.name, signIns, step.signIns)
		}
	}

	// An application cannot step up, though it declares that it understands challenges: it is told so.
	client, r = d.groupsOf(t, production, d.credentials(t, principals["deployer"])["secret"])
	_, err = client.BeginDelete(t.Context(), "app", nil)
	wantCode(t, err, http.StatusForbidden, "RequestDisallowedByAzure")
	wantChallenges(t, r, 0)
}
