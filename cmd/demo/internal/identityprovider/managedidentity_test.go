package identityprovider

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	machineID     = "/subscriptions/6d9b5c1e-2d0a-4d49-9a3d-0f2a6f1c7b11/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web1"
	identityID    = "/subscriptions/6d9b5c1e-2d0a-4d49-9a3d-0f2a6f1c7b11/resourcegroups/app/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deploy"
	machineClient = "33aa22bb-33cc-44dd-95ee-66ff77aa88bb"
	machineAtHome = "0e000000-0000-4000-8000-000000000001"
	sharedClient  = "44aa22bb-33cc-44dd-95ee-66ff77aa88bb"
	sharedAtHome  = "0e000000-0000-4000-8000-000000000002"
)

// managedConfig is entraConfig with a managed identity of either kind at home.
func managedConfig(baseURL string) Config {
	config := entraConfig(baseURL)
	home := &config.Tenants[0]
	home.ServicePrincipals = append(home.ServicePrincipals,
		ServicePrincipal{ApplicationID: machineClient, ObjectID: machineAtHome, ManagedIdentity: machineID, Groups: []string{entraGroup}},
		ServicePrincipal{ApplicationID: sharedClient, ObjectID: sharedAtHome, ManagedIdentity: identityID},
	)
	return config
}

func TestManagedIdentities(t *testing.T) {
	e := startWith(t, managedConfig)
	all := e.ManagedIdentities(strings.ToUpper(homeID))
	if len(all) != 2 || all[0].ApplicationID != machineClient || all[0].UserAssigned() || all[1].ApplicationID != sharedClient || !all[1].UserAssigned() {
		t.Errorf("%+v", all)
	}
	for _, tenant := range []string{partnerID, testClient, ""} {
		if all := e.ManagedIdentities(tenant); len(all) != 0 {
			t.Errorf("%s: %+v", tenant, all)
		}
	}
}

func TestManagedIdentityToken(t *testing.T) {
	e := startWith(t, managedConfig)
	for _, test := range []struct {
		client, oid, resourceID string
		groups                  int
	}{
		{machineClient, machineAtHome, machineID, 1},
		{strings.ToUpper(sharedClient), sharedAtHome, identityID, 0},
	} {
		token, err := e.ManagedIdentityToken(homeID, test.client, testResource)
		if err != nil {
			t.Fatal(err)
		}
		claims := claimsOf(t, token.AccessToken)
		for name, want := range map[string]any{
			"aud": testResource, "appid": strings.ToLower(test.client), "appidacr": "2", "idtyp": "app", "oid": test.oid, "sub": test.oid,
			"tid": homeID, "ver": "1.0", "xms_mirid": test.resourceID,
			"nbf": float64(token.NotBefore.Unix()), "exp": float64(token.Expires.Unix()),
		} {
			if claims[name] != want {
				t.Errorf("%s: %s is %v, want %v", test.resourceID, name, claims[name], want)
			}
		}
		if groups, _ := claims["groups"].([]any); len(groups) != test.groups {
			t.Errorf("%s: groups %v", test.resourceID, claims["groups"])
		}
		if lifetime := token.Expires.Sub(token.NotBefore); lifetime != 24*time.Hour {
			t.Errorf("%s: lives for %v", test.resourceID, lifetime)
		}
	}
}

func TestManagedIdentityTokenRefused(t *testing.T) {
	e := startWith(t, managedConfig)
	for _, test := range []struct {
		name, tenant, client, resource string
		code                           string // of a RefusedError, or ""
		want                           string
	}{
		{"unknown resource", homeID, machineClient, "https://other.example", "invalid_resource", "AADSTS500011: The resource principal named https://other.example was not found in the tenant named Home"},
		{"no resource", homeID, machineClient, "", "invalid_request", "AADSTS900144"},
		{"an application", homeID, testClient, testResource, "", "is no managed identity"},
		{"nobody", homeID, azureCLI, testResource, "", "is no managed identity"},
		{"another tenant", partnerID, machineClient, testResource, "", "is no managed identity"},
		{"no tenant", testClient, machineClient, testResource, "", "no tenant"},
	} {
		token, err := e.ManagedIdentityToken(test.tenant, test.client, test.resource)
		if err == nil || !strings.Contains(err.Error(), test.want) || token.AccessToken != "" {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
		refused, ok := errors.AsType[*RefusedError](err)
		if ok != (test.code != "") || ok && refused.Code != test.code {
			t.Errorf("%s: %#v", test.name, err)
		}
	}
}

// A managed identity has nothing to prove itself with at the token endpoint, and is no public client either.
func TestManagedIdentityAtTheTokenEndpoint(t *testing.T) {
	e := startWith(t, managedConfig)
	for name, form := range map[string]map[string][]string{
		"a secret":     set(bySecret, "client_id", machineClient),
		"none":         drop(set(bySecret, "client_id", machineClient), "client_secret"),
		"an empty one": set(bySecret, "client_id", machineClient, "client_secret", ""),
		"as a client":  set(entraPassword, "client_id", machineClient),
		"elsewhere":    set(byPassword, "client_id", machineClient, "username", bob),
	} {
		path := v2(homeID)
		if name == "elsewhere" {
			path = v2(partnerID)
		}
		if got := e.postTo(t, path, form); got.status == http.StatusOK || got.tokens.AccessToken != "" {
			t.Errorf("%s: %d", name, got.status)
		}
	}
}
