package openid

import (
	"slices"
	"strings"
)

// entraKind tells what sort of principal a token of Entra ID speaks for: by idtyp where the tenant opted in to it, else by what Microsoft
// documents on validating claims say. Only tokens of users have scp or a user's name, and only where an application acts for itself is it
// the subject. A user's sign always outweighs a workload's, which would be exempt from what users are asked for: scp tells a user even
// beside idtyp app, and what has a user's name and a workload's sign stays unknown, as does what the token does not show.
func entraKind(claims *jsonObject, principal *Principal) Kind {
	idtyp, told, _ := claims.text("idtyp")
	sub, _, _ := claims.text("sub")
	oid, _, _ := claims.text("oid")
	application := idtyp == "app" || !told && oid != "" && oid == sub
	switch {
	case idtyp == "user", len(principal.Scopes) > 0:
		return personKind(claims, principal)
	case application && !slices.ContainsFunc(entraUserClaims, claims.has):
		return workloadKind(principal)
	}
	return KindUnknown
}

// entraUserClaims are those that only tokens of users have, wherever a site reads names for display.
var entraUserClaims = []string{"scp", "upn", "preferred_username", "unique_name"}

func workloadKind(principal *Principal) Kind {
	if principal.ManagedIdentity != "" {
		return KindManagedIdentity
	}
	return KindServicePrincipal
}

// personKind: a guest has acct 1, or signed in at another provider than the tenant's own.
func personKind(claims *jsonObject, principal *Principal) Kind {
	if raw, ok := claims.get("acct"); ok && strings.Trim(raw, `"`) == "1" {
		return KindGuest
	}
	idp, present, _ := claims.text("idp")
	if present && idp != principal.Issuer && !strings.Contains(strings.ToLower(idp), principal.Tenant) {
		return KindGuest
	}
	return KindUser
}

// adfsKind tells the same of an AD FS's token, which shows a user by the user's name and anyone else by nothing: apptype and authmethod
// are about the client and the sign-in, which people have as well, and sub is whatever a site's rules make it. So only the claim that
// the site issues to its workloads tells one, and never against a user's name. There are neither guests nor managed identities.
func adfsKind(claims *jsonObject, principal *Principal, workload ClaimValue) Kind {
	idtyp, _, _ := claims.text("idtyp")
	switch {
	case principal.Name != "", claims.has("upn"), claims.has("unique_name"), idtyp == "user":
		return KindUser
	case claims.hasValue(workload):
		return KindServicePrincipal
	}
	return KindUnknown
}

// userAssigned is what the resource id of a user-assigned managed identity has after its resource group.
const userAssigned = "/providers/microsoft.managedidentity/userassignedidentities/"

// UserAssigned reports whether p is a user-assigned managed identity: a resource of its own, whatever it is assigned to. Any other managed
// identity is system-assigned, and ManagedIdentity is the resource that it belongs to. Both are one Kind, because nothing that is decided
// by kind tells them apart.
func (p *Principal) UserAssigned() bool {
	_, name, found := strings.Cut(strings.ToLower(p.ManagedIdentity), userAssigned)
	return p.Kind == KindManagedIdentity && found && name != "" && !strings.Contains(name, "/")
}

func credentialOf(claims *jsonObject) Credential {
	_, raw, _ := claims.first([]string{"appidacr", "azpacr"})
	switch strings.Trim(raw, `"`) {
	case "0":
		return CredentialNone
	case "1":
		return CredentialSecret
	case "2":
		return CredentialAssertion
	}
	return CredentialUnknown
}
