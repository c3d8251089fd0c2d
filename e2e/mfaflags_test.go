package e2e

import (
	"net/http"
	"testing"
)

// TestDeleteGroupContext: the SDK steps up to the authentication context that the deletion of a resource group asks for, once.
func TestDeleteGroupContext(t *testing.T) {
	d := startDemo(t, "--provider", "entra", "--delete-group-context", "c1")
	principals := d.principals(t)
	credential, signIns := d.deviceCode(t, principals["owner"])
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
		if *signIns != step.signIns {
			t.Errorf("%s: signed in %d times, want %d", step.name, *signIns, step.signIns)
		}
	}

	// An application cannot step up, though it declares that it understands challenges: it is told so.
	client, r = d.groupsOf(t, production, d.credentials(t, principals["deployer"])["secret"])
	_, err := client.BeginDelete(t.Context(), "app", nil)
	wantCode(t, err, http.StatusForbidden, "RequestDisallowedByAzure")
	wantChallenges(t, r, 0)
}

// TestDeleteGroupContextWithMFA: where changes need multi-factor authentication as well, the first deletion of all succeeds after one
// challenge, because the SDK retries once.
func TestDeleteGroupContextWithMFA(t *testing.T) {
	d := startDemo(t, "--provider", "entra", "--mfa", "enforce", "--delete-group-context", "c1")
	principals := d.principals(t)
	credential, signIns := d.deviceCode(t, principals["owner"])
	client, r := d.groupsOf(t, production, credential)
	listGroups(t, client)
	poller, err := client.BeginDelete(t.Context(), "app", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := poller.PollUntilDone(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if wantChallenges(t, r, 1); *signIns != 2 {
		t.Errorf("signed in %d times, want 2", *signIns)
	}
	if err := putGroup(t.Context(), client, "app"); err != nil {
		t.Error(err)
	}
	wantChallenges(t, r, 0) // who satisfied the context has shown a second factor

	client, r = d.groupsOf(t, production, d.credentials(t, principals["deployer"])["secret"])
	if err := putGroup(t.Context(), client, "app"); err != nil {
		t.Error(err)
	}
	_, err = client.BeginDelete(t.Context(), "app", nil)
	wantCode(t, err, http.StatusForbidden, "RequestDisallowedByAzure")
	wantChallenges(t, r, 0)
}
