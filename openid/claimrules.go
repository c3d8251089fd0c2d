package openid

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// read applies every rule about claims, and answers whom they speak for. The signature has verified.
func (v *Verifier) read(claims *jsonObject, iss string, from origin) (*Principal, *TokenError) {
	principal := &Principal{Issuer: iss}
	if failure := v.readTokenType(claims, principal); failure != nil {
		return nil, failure
	}
	if failure := v.readTimes(claims, principal); failure != nil {
		return nil, failure
	}
	if failure := checkVersion(claims, from.provider.Type()); failure != nil {
		return nil, failure
	}
	if failure := v.readAudience(claims, principal); failure != nil {
		return nil, failure
	}
	if failure := v.readTenant(claims, from, principal); failure != nil {
		return nil, failure
	}
	_, groups, _ := claims.first(v.names.Groups)
	lists := newTextList(groups)
	if failure := v.readIdentity(claims, principal, &lists); failure != nil {
		return nil, failure
	}
	principal.Scopes = readScopes(claims, &lists)
	principal.AuthenticationMethods = lists.of(claims, "amr")
	principal.AuthenticationContexts = lists.of(claims, "acrs")
	principal.Capabilities = lists.of(claims, "xms_cc")
	principal.Name = claims.display(v.names.Name)
	principal.TokenID = claims.display([]string{"uti", "jti"})
	principal.ManagedIdentity = claims.display([]string{"xms_mirid"})
	if v.adfs {
		principal.Kind = adfsKind(claims, principal, v.workload)
	} else {
		principal.Kind = entraKind(claims, principal)
	}
	if principal.Kind != KindManagedIdentity {
		principal.ManagedIdentity = ""
	}
	principal.Credential = credentialOf(claims)
	v.readMFA(claims, principal)
	return principal, nil
}

// readTokenType refuses what the same issuer signs for other purposes (RFC 8725, section 3.12): ID tokens, and tokens that are bound to
// a key and so are no bearer tokens (RFC 7800).
func (v *Verifier) readTokenType(claims *jsonObject, principal *Principal) *TokenError {
	for _, name := range []string{"nonce", "at_hash", "c_hash"} {
		if claims.has(name) {
			return refuse(ErrTokenType, "%s: an ID token", name)
		}
	}
	if claims.has("cnf") {
		return refuse(ErrTokenType, "cnf: a proof-of-possession token shown as a bearer")
	}
	name, raw, present := claims.first(v.names.Application)
	if !present {
		if v.adfs {
			return nil
		}
		return refuse(ErrTokenType, "no %s: Entra ID's access tokens name the client, its ID tokens do not", strings.Join(v.names.Application, " or "))
	}
	application, ok := text(raw)
	if !ok || application == "" {
		return refuse(ErrClaims, "%s is not a non-empty string", name)
	}
	principal.Application = application
	return nil
}

// readTimes: exp and iat are required, all are sane numbers, and one leeway holds for all (RFC 7519, section 4.1; RFC 9068).
func (v *Verifier) readTimes(claims *jsonObject, principal *Principal) *TokenError {
	for _, claim := range []struct {
		name     string
		required bool
		to       *time.Time
	}{{"exp", true, &principal.Expires}, {"iat", true, &principal.IssuedAt}, {"nbf", false, &principal.NotBefore}} {
		date, present, err := claims.date(claim.name)
		if err != nil {
			return refuse(ErrClaims, "%v", err)
		}
		if claim.required && !present {
			return refuse(ErrClaims, "%s is missing", claim.name)
		}
		*claim.to = date
	}
	lifetime := principal.Expires.Sub(principal.IssuedAt)
	switch {
	case lifetime <= 0:
		return refuse(ErrClaims, "exp is not after iat")
	case lifetime > v.lifetime:
		return refuse(ErrClaims, "a lifetime of %v, at most %v is accepted", lifetime, v.lifetime)
	}
	return v.checkTimes(principal, v.now())
}

// checkTimes are the rules that a token passes at one time and not at another.
func (v *Verifier) checkTimes(principal *Principal, now time.Time) *TokenError {
	switch {
	case !now.Before(principal.Expires.Add(v.leeway)):
		failure := refuse(ErrExpired, "exp %s, now %s", principal.Expires.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		failure.Expires, failure.Now = principal.Expires, now
		return failure
	case principal.NotBefore.After(now.Add(v.leeway)):
		return refuse(ErrNotYetValid, "nbf %s, now %s", principal.NotBefore.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	case principal.IssuedAt.After(now.Add(v.leeway)):
		return refuse(ErrNotYetValid, "iat %s, now %s", principal.IssuedAt.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// checkVersion: v1 tokens only under v1 metadata, v2 tokens only under v2.
func checkVersion(claims *jsonObject, kind AuthorityType) *TokenError {
	var want string
	switch kind {
	case EntraV1:
		want = "1.0"
	case EntraV2:
		want = "2.0"
	}
	ver, present, err := claims.text("ver")
	switch {
	case want == "" || !present:
		return nil
	case err != nil:
		return refuse(ErrClaims, "%v", err)
	case ver != want:
		return refuse(ErrClaims, "ver is %q, the authority's tokens have %q", clip(ver), want)
	}
	return nil
}

// readAudience: one exact match with the configured list (RFC 7519, section 4.1.3).
func (v *Verifier) readAudience(claims *jsonObject, principal *Principal) *TokenError {
	raw, present := claims.get("aud")
	if !present {
		return refuse(ErrClaims, "aud is missing")
	}
	var audiences []string
	if single, ok := text(raw); ok {
		audiences = []string{single}
	} else if audiences, ok = texts(raw); !ok || len(audiences) == 0 {
		return refuse(ErrClaims, "aud is neither a string nor an array of strings")
	}
	for _, audience := range audiences {
		if i := slices.Index(v.audiences, audience); i >= 0 {
			principal.Audience = v.audiences[i]
			return nil
		}
	}
	failure := refuse(ErrAudience, "%q", clip(strings.Join(audiences, " ")))
	failure.Audience, failure.ExpectedAudiences = audiences[0], slices.Clone(v.audiences)
	return failure
}

// readTenant: with Entra ID the tenant is tid, the same as in iss, and registered. An AD FS has one tenant, which its tokens need
// not name.
func (v *Verifier) readTenant(claims *jsonObject, from origin, principal *Principal) *TokenError {
	provider := from.provider
	name, raw, present := claims.first(v.names.Tenant)
	for written := range claims.all {
		for _, tenantName := range v.names.Tenant {
			if mayFold(written, tenantName) && written != tenantName && strings.EqualFold(written, tenantName) {
				return refuse(ErrClaims, "%s also stands as %q", tenantName, clip(written))
			}
		}
	}
	tenant, ok := text(raw)
	if present && !ok {
		return refuse(ErrClaims, "%s is not a string", name)
	}
	canonical := canonicalTenant(tenant)
	if v.adfs {
		if present && canonical != provider.Tenant() {
			return refuse(ErrTenant, "%s is %q, the authority's tenant is %q", name, clip(tenant), provider.Tenant())
		}
		principal.Tenant = provider.Tenant()
		return nil
	}
	_, ok = parseGUID(tenant)
	switch {
	case !present:
		return refuse(ErrClaims, "%s is missing", v.names.Tenant[0])
	case !ok || canonical == zeroGUID:
		return refuse(ErrClaims, "%s is not a GUID", name)
	case from.template && tenant != from.tenant || from.tenant != "" && canonical != canonicalTenant(from.tenant):
		return refuse(ErrClaims, "%s is %q, iss names %q", name, clip(tenant), clip(from.tenant))
	case canonical == consumerTenant:
		return refuse(ErrTenant, "consumer accounts are never accepted")
	case !v.acceptsTenant(canonical):
		return refuse(ErrTenant, "%q", clip(tenant))
	case provider.authority.manyTenants() && v.belongsElsewhere(canonical, provider):
		return refuse(ErrTenant, "%q is the tenant of another authority", clip(tenant))
	case !provider.authority.manyTenants() && canonical != provider.Tenant():
		return refuse(ErrTenant, "%q, the authority's tenant is %q", clip(tenant), provider.Tenant())
	}
	principal.Tenant = canonical
	return nil
}

// mayFold reports false of most names that are not equal but for case: by the first byte, of which only one outside ASCII can stand for a
// letter in ASCII.
func mayFold(a, b string) bool {
	return a != "" && b != "" && (a[0]|0x20 == b[0]|0x20 || a[0] >= utf8.RuneSelf || b[0] >= utf8.RuneSelf)
}

// belongsElsewhere reports whether tenant is the one tenant of a provider on another host: an authority of many tenants must not speak for
// it then. On the same host they are one directory service.
func (v *Verifier) belongsElsewhere(tenant string, provider *Provider) bool {
	return slices.ContainsFunc(v.providers, func(other *Provider) bool {
		return other.Tenant() == tenant && !other.sameHost(provider)
	})
}

// readIdentity: the object id and the groups, or the word that the groups did not fit into the token.
func (v *Verifier) readIdentity(claims *jsonObject, principal *Principal, lists *textList) *TokenError {
	name, raw, present := claims.first(v.names.ObjectID)
	if !present {
		return refuse(ErrIdentity, "%s is missing", v.names.ObjectID[0])
	}
	id, ok := text(raw)
	if !ok {
		return refuse(ErrIdentity, "%s is not a string", name)
	}
	if principal.ObjectID, ok = ParseObjectID(id); !ok {
		return refuse(ErrIdentity, "%s is neither a GUID nor a SID, or is the zero GUID", name)
	}
	if failure := v.readOverage(claims, principal); failure != nil {
		return failure
	}
	name, raw, present = claims.first(v.names.Groups)
	if !present && v.missingGroupsAreOverage {
		principal.Overage = true
	}
	if !present || principal.Overage {
		return nil // what stands beside the marker of an overage is not the whole truth
	}
	groups, ok := appendObjectIDs(*lists, raw)
	if single, isText := text(raw); isText && v.adfs { // AD FS writes a claim with one value as a string
		ok = true
		if id, isID := ParseObjectID(single); isID {
			groups = append(groups, id)
		}
	}
	if !ok {
		return refuse(ErrClaims, "%s is not an array of strings", name)
	}
	*lists = groups
	principal.Groups = lists.from(0)
	return nil
}

// readOverage recognises both markers of Entra ID. The address in _claim_sources is never called.
func (v *Verifier) readOverage(claims *jsonObject, principal *Principal) *TokenError {
	if raw, ok := claims.get("_claim_names"); ok {
		distributed, err := readJSONObject(raw)
		if err != nil {
			return refuse(ErrClaims, "_claim_names: %v", err)
		}
		for written := range distributed.all {
			// Whose groups are elsewhere must not pass for having none, however the name is written.
			if slices.ContainsFunc(v.names.Groups, func(name string) bool { return strings.EqualFold(name, written) }) {
				principal.Overage = true
			}
		}
	}
	if raw, ok := claims.get("hasgroups"); ok && raw != "false" {
		principal.Overage = true
	}
	return nil
}

func readScopes(claims *jsonObject, lists *textList) []string {
	begin := len(*lists)
	var few [4]string
	raw, _ := claims.get("scp")
	values, _ := appendTexts(few[:0], raw)
	if value, ok := text(raw); ok {
		values = append(values, value)
	}
	for _, value := range values {
		*lists = slices.AppendSeq(*lists, strings.FieldsSeq(value))
	}
	return lists.from(begin)
}
