package openid

import "strings"

// kindOf tells what sort of principal a token speaks for: idtyp where the tenant opted in to it, else what Microsoft documents on
// validating claims say. What the token does not show stays unknown.
func kindOf(claims jsonObject, principal *Principal, adfs bool) Kind {
	idtyp, _, _ := claims.text("idtyp")
	sub, _, _ := claims.text("sub")
	oid := claims.display([]string{"oid"})
	switch {
	case idtyp == "app":
		return workloadKind(principal)
	case idtyp == "user", !adfs && len(principal.Scopes) > 0, adfs && principal.Name != "":
		return personKind(claims, principal)
	case idtyp == "" && len(principal.Scopes) == 0 && oid != "" && oid == sub:
		return workloadKind(principal)
	}
	return KindUnknown
}

func workloadKind(principal *Principal) Kind {
	if principal.ManagedIdentity != "" {
		return KindManagedIdentity
	}
	return KindServicePrincipal
}

// personKind: a guest has acct 1, or signed in at another provider than the tenant's own.
func personKind(claims jsonObject, principal *Principal) Kind {
	if raw, ok := claims.get("acct"); ok && strings.Trim(raw, `"`) == "1" {
		return KindGuest
	}
	idp, present, _ := claims.text("idp")
	if present && idp != principal.Issuer && !strings.Contains(strings.ToLower(idp), principal.Tenant) {
		return KindGuest
	}
	return KindUser
}

func credentialOf(claims jsonObject) Credential {
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
