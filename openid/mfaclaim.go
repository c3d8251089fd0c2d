package openid

import (
	"errors"
	"slices"
)

// mfaMethod is what stands in Principal.AuthenticationMethods for more than one factor: Entra ID's own word in amr.
const mfaMethod = "mfa"

func (v *Verifier) setMFAClaim(configured ClaimValue) error {
	switch {
	case configured == ClaimValue{}:
		return nil
	case !v.adfs:
		return errors.New("openid: VerifierConfig.MFAClaim: is for AD FS; Entra ID's tokens tell by amr and acrs")
	case configured.Name == "":
		return errors.New("openid: VerifierConfig.MFAClaim.Name: names no claim")
	case configured.Value == "":
		return errors.New("openid: VerifierConfig.MFAClaim.Value: is empty")
	}
	v.mfa = configured
	return nil
}

// ShowsMFA reports whether tokens can show that somebody signed in with more than one factor: Entra ID's can, an AD FS's only where
// VerifierConfig.MFAClaim says how.
func (v *Verifier) ShowsMFA() bool { return !v.adfs || v.mfa != ClaimValue{} }

// readMFA translates the site's claim into Entra ID's word, so that whoever decides has one place to look.
func (v *Verifier) readMFA(claims *jsonObject, principal *Principal) {
	if v.mfa.Name == "" || slices.Contains(principal.AuthenticationMethods, mfaMethod) {
		return
	}
	raw, _ := claims.get(v.mfa.Name)
	value, _ := text(raw)
	values, _ := texts(raw)
	if value == v.mfa.Value || slices.Contains(values, v.mfa.Value) {
		principal.AuthenticationMethods = append(principal.AuthenticationMethods, mfaMethod)
	}
}
