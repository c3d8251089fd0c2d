package openidtest

import (
	"errors"
	"fmt"
	"strings"

	"hubgate.example/openid"
)

// azureCLI is the client id of the az command line, a public client that every directory knows.
const azureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// User is a user of the tenant who signed in to the az command line with a password. The object id and the groups are
// GUIDs or, with AD FS, SIDs. Names in the token are made from the object id.
func User(oid string, groups ...string) Claim {
	return Claim{func(d *draft) error {
		d.user(oid)
		return d.setGroups(groups)
	}}
}

// Guest is a user of another directory who was invited into the tenant. AD FS has no guests: minting is an error there.
func Guest(oid string, groups ...string) Claim {
	return Claim{func(d *draft) error {
		if d.issuer.typ == openid.ADFS {
			return errors.New("Guest: AD FS has no guests")
		}
		d.user(oid)
		home := derivedGUID("home of " + oid)
		d.claims["idp"] = d.issuer.issuerOf(openid.EntraV1, home)
		if d.issuer.typ == openid.EntraV1 {
			// The user principal name stays in the home directory.
			d.claims["acct"] = 1
			delete(d.claims, "upn")
		}
		return d.setGroups(groups)
	}}
}

// ServicePrincipal is an application that signed in with a certificate. Application gives it another client id.
func ServicePrincipal(oid string, groups ...string) Claim {
	return Claim{func(d *draft) error {
		d.servicePrincipal(oid)
		return d.setGroups(groups)
	}}
}

// ManagedIdentity is the service principal of an Azure resource. resourceID is the resource's id: below
// Microsoft.ManagedIdentity/userAssignedIdentities for a user-assigned identity, any other for a system-assigned one. AD
// FS has no managed identities: minting is an error there.
func ManagedIdentity(oid, resourceID string, groups ...string) Claim {
	return Claim{func(d *draft) error {
		if d.issuer.typ == openid.ADFS {
			return errors.New("ManagedIdentity: AD FS has no managed identities")
		}
		d.servicePrincipal(oid)
		d.claims["xms_mirid"] = resourceID
		return d.setGroups(groups)
	}}
}

// user adds the claims of a user of a public client.
func (d *draft) user(oid string) {
	name := nameOf(oid)
	upn := name + "@" + strings.TrimPrefix(strings.TrimPrefix(d.issuer.address.Hostname(), "login."), "adfs.")
	d.claims["oid"] = oid
	d.claims["scp"] = "user_impersonation"
	d.setApplication(azureCLI, "0")
	switch d.issuer.typ {
	case openid.ADFS:
		d.claims["apptype"] = "Public"
		d.claims["authmethod"] = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
		d.claims["sub"] = pairwise(oid, azureCLI)
		d.claims["upn"] = upn
		d.claims["unique_name"] = `AZURESTACK\` + name
	case openid.EntraV1:
		d.claims["acct"] = 0
		d.claims["acr"] = "1"
		d.claims["amr"] = []string{"pwd"}
		d.claims["idtyp"] = "user"
		d.claims["ipaddr"] = "192.0.2.1" // RFC 5737: an address for documentation
		d.claims["name"] = name
		d.claims["puid"] = "1003" + strings.ToUpper(derivedGUID("puid of " + oid)[:8]) + "0000"
		d.claims["sub"] = pairwise(oid, azureCLI)
		d.claims["unique_name"] = upn
		d.claims["upn"] = upn
		d.claims["wids"] = []string{"b79fbf4d-3ef9-4689-8143-76b194e85509"} // every user's default
		d.claims["xms_idrel"] = "1 30"
	case openid.EntraV2:
		d.claims["idtyp"] = "user"
		d.claims["name"] = name
		d.claims["preferred_username"] = upn
		d.claims["sub"] = pairwise(oid, azureCLI)
		d.claims["xms_idrel"] = "1 30"
	}
}

// servicePrincipal adds the claims of an application that acts for itself.
func (d *draft) servicePrincipal(oid string) {
	d.claims["oid"] = oid
	d.setApplication(derivedGUID("application of "+oid), "2")
	switch d.issuer.typ {
	case openid.ADFS:
		d.claims["apptype"] = "Confidential"
		d.claims["authmethod"] = "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/tlsclient"
	default:
		d.claims["idp"] = d.issuer.issuerOf(openid.EntraV1, d.tenant)
		d.claims["idtyp"] = "app"
		d.claims["sub"] = oid
		d.claims["xms_idrel"] = "7 10"
	}
}

// setApplication names the client application and, with Entra ID, how it proved itself.
func (d *draft) setApplication(id, credential string) {
	d.claims[d.applicationClaim()] = id
	switch d.issuer.typ {
	case openid.EntraV1:
		d.claims["appidacr"] = credential
	case openid.EntraV2:
		d.claims["azpacr"] = credential
	}
}

// setGroups sets the groups, in the shape of the issuer's type: AD FS turns a claim with one value into one string.
func (d *draft) setGroups(groups []string) error {
	delete(d.claims, "groups")
	switch {
	case len(groups) == 0:
	case len(groups) == 1 && d.issuer.typ == openid.ADFS:
		d.claims["groups"] = groups[0]
	case len(groups) > 200 && d.issuer.typ != openid.ADFS:
		return fmt.Errorf("%d groups: a token holds at most 200, more are an Overage", len(groups))
	default:
		d.claims["groups"] = groups
	}
	return nil
}

// nameOf makes a name for display.
func nameOf(oid string) string { return "principal-" + derivedGUID("name of " + oid)[:8] }
