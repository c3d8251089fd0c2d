package openidtest

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"hubgate.example/openid"
)

// With sets a claim to anything that encoding/json takes: json.Number and json.RawMessage write values that no Go value
// has.
func With(name string, value any) Claim {
	return Claim{func(d *draft) error { d.claims[name] = value; return nil }}
}

// Without takes claims away.
func Without(names ...string) Claim {
	return Claim{func(d *draft) error {
		for _, name := range names {
			delete(d.claims, name)
		}
		return nil
	}}
}

// Header sets a member of the header and leaves the signature's algorithm and key as they are.
func Header(name string, value any) Claim {
	return Claim{func(d *draft) error { d.header[name] = value; return nil }}
}

// WithoutHeader takes members of the header away. AD FS before 2019 names its key by x5t alone: WithoutHeader("kid").
func WithoutHeader(names ...string) Claim {
	return Claim{func(d *draft) error {
		for _, name := range names {
			delete(d.header, name)
		}
		return nil
	}}
}

// RawPayload signs these bytes in place of the claims, for JSON that a map cannot hold and for what is no JSON at all.
func RawPayload(payload []byte) Claim {
	return Claim{func(d *draft) error { d.rawPayload = nonNil(payload); return nil }}
}

// RawHeader puts these bytes in place of the header, and signs as if it named the issuer's algorithm and key.
func RawHeader(header []byte) Claim {
	return Claim{func(d *draft) error { d.rawHeader = nonNil(header); return nil }}
}

func nonNil(b []byte) []byte { return append([]byte{}, b...) }

// Algorithm signs with another algorithm, which must fit the key, and names it in the header. Any spelling of none leaves
// the token without a signature.
func Algorithm(algorithm string) Claim {
	return Claim{func(d *draft) error {
		d.header["alg"] = algorithm
		d.algorithm = algorithm
		return nil
	}}
}

// SignedBy signs with another key of the issuer, published or not, and names it in the header.
func SignedBy(kid string) Claim {
	return Claim{func(d *draft) error {
		d.issuer.mu.Lock()
		defer d.issuer.mu.Unlock()
		k, err := d.issuer.keyOf(kid)
		if err != nil {
			return err
		}
		d.signWith(k)
		return nil
	}}
}

// SignedWith signs with a key that the issuer does not have and leaves the header as it is: an *rsa.PrivateKey, an
// *ecdsa.PrivateKey or, after Algorithm("HS256"), a []byte.
func SignedWith(key any) Claim {
	return Claim{func(d *draft) error { d.key = key; return nil }}
}

// Audience sets aud: to a string when there is one, to an array when there are more.
func Audience(audience ...string) Claim {
	return Claim{func(d *draft) error {
		d.claims["aud"] = audience
		if len(audience) == 1 {
			d.claims["aud"] = audience[0]
		}
		return nil
	}}
}

// Tenant makes it a token of another tenant of the same issuer. With Entra ID that changes tid and iss; AD FS, whose tokens
// need no tid, gets one.
func Tenant(id string) Claim {
	return Claim{func(d *draft) error { d.setTenant(strings.ToLower(id)); return nil }}
}

// Application sets the client application's id: appid or, in v2 tokens, azp.
func Application(id string) Claim {
	return Claim{func(d *draft) error { d.claims[d.applicationClaim()] = id; return nil }}
}

// IssuedAt moves the token in time: it is issued and valid from t on and lives for an hour. NotBefore, Expires and Lifetime
// come after it.
func IssuedAt(t time.Time) Claim {
	return Claim{func(d *draft) error { d.setIssuedAt(t); return nil }}
}

// NotBefore sets nbf.
func NotBefore(t time.Time) Claim { return With("nbf", t.Unix()) }

// Expires sets exp.
func Expires(t time.Time) Claim { return With("exp", t.Unix()) }

// Lifetime sets exp to so much after the time of IssuedAt, or of now. The default is an hour.
func Lifetime(lifetime time.Duration) Claim {
	return Claim{func(d *draft) error {
		d.claims["exp"] = d.issuedAt.Add(lifetime).Unix()
		return nil
	}}
}

// adfsMFA is how an AD FS shows a second factor here.
var adfsMFA = openid.ClaimValue{Name: "authnmethodsreferences", Value: "http://schemas.microsoft.com/claims/multipleauthn"}

// MFA says that the user signed in with a second factor, in the words of the issuer's type: acrs (p1, the context that
// Resource Manager asks for) and amr for Entra v1, acrs for v2, authnmethodsreferences for AD FS, where a site's claim rules
// may name it otherwise. An openid.Verifier takes that one for MFA when VerifierConfig.MFAClaim says so; the issuer's own does.
func MFA() Claim {
	return Claim{func(d *draft) error {
		switch d.issuer.typ {
		case openid.ADFS:
			d.claims[adfsMFA.Name] = []string{"urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", adfsMFA.Value}
			return nil
		case openid.EntraV1:
			d.claims["amr"] = []string{"pwd", "mfa"}
		}
		d.claims["acrs"] = []string{"p1"}
		return nil
	}}
}

// Scopes sets scp, the delegated permissions.
func Scopes(scopes ...string) Claim { return With("scp", strings.Join(scopes, " ")) }

// Groups sets the groups in place of those that came with the subject.
func Groups(groups ...string) Claim {
	return Claim{func(d *draft) error { return d.setGroups(groups) }}
}

// Overage takes the groups away and says, as Entra ID does for a principal in more than 200, where to ask for them. What
// it names is no address: nobody must call it. The implicit flow's form is With("hasgroups", true).
func Overage() Claim {
	return Claim{func(d *draft) error {
		delete(d.claims, "groups")
		kind := "users"
		if d.claims["scp"] == nil {
			kind = "servicePrincipals"
		}
		d.claims["_claim_names"] = map[string]string{"groups": "src1"}
		d.claims["_claim_sources"] = map[string]any{"src1": map[string]string{
			"endpoint": fmt.Sprintf("%s/%s/%s/%v/getMemberObjects", d.issuer.sibling("graph"), d.tenant, kind, d.claims["oid"]),
		}}
		return nil
	}}
}

// IDToken makes it the ID token of the same sign-in: for the client application in place of an API, and with a nonce.
func IDToken() Claim {
	return Claim{func(d *draft) error {
		d.claims["aud"] = d.claims[d.applicationClaim()]
		d.claims["nonce"] = rand.Text()
		for _, name := range []string{
			"acct", "acr", "appid", "appidacr", "apptype", "authmethod", "azp", "azpacr", "idtyp", "scp", "wids", "xms_idrel",
		} {
			delete(d.claims, name)
		}
		if d.issuer.typ == openid.ADFS {
			d.claims["iss"] = d.issuer.IDTokenIssuer()
			d.claims["auth_time"] = d.issuedAt.Unix()
		}
		return nil
	}}
}
