package openid_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// with is a row's changes when it is one claim that is another.
func with(name string, value any) []openidtest.Claim { return change(openidtest.With(name, value)) }

// without is a row's changes when claims are missing.
func without(names ...string) []openidtest.Claim { return change(openidtest.Without(names...)) }

// Row "iss" of the table of tokens: exact, before a key is looked at.
func TestTokens_Issuer(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, f)
			own := s.issuer.AccessTokenIssuer()
			otherSlash := own + "/"
			if trimmed, ok := strings.CutSuffix(own, "/"); ok {
				otherSlash = trimmed
			}
			rows := []refusal{
				{id: "RFC9068-02", name: "missing", changes: without("iss")},
				{id: "RFC9068-02", name: "null", changes: with("iss", nil)},
				{id: "RFC9068-02", name: "a number", changes: with("iss", 1)},
				{id: "RFC9068-02", name: "an array", changes: with("iss", []string{own})},
				{id: "RFC9068-02", name: "empty", changes: with("iss", "")},
				{id: "RFC9068-02", name: "slash", changes: with("iss", otherSlash)},
				{id: "RFC9068-02", name: "in capitals", changes: with("iss", strings.ToUpper(own))},
				{id: "RFC9068-02", name: "space at the end", changes: with("iss", own+" ")},
				{id: "RFC9068-02", name: "more at the end", changes: with("iss", own+"#")},
				{id: "RFC9068-02", name: "another host", changes: with("iss", strings.Replace(own, "://", "://evil.", 1))},
				{id: "RFC9068-02", name: "the authority's URL", changes: with("iss", s.provider.Authority()+"?")},
				{id: "RFC9068-02", name: "the audience", changes: with("iss", s.issuer.Audience())},
				{id: "MS-02", name: "the template", changes: with("iss", strings.Replace(own, home, "{tenantid}", 1)+s.onlyADFS("/{tenantid}"))},
				{id: "JWT-14", name: "a URL to fetch", changes: change(openidtest.With("iss", "https://evil.example/"), openidtest.Header("kid", "unknown"))},
			}
			switch f.config.Type {
			case openid.EntraV1:
				rows = append(rows, refusal{id: "MS-05", name: "v2's", changes: with("iss", "https://login.entra.example/"+home+"/v2.0")})
			case openid.EntraV2:
				rows = append(rows, refusal{id: "MS-05", name: "v1's", changes: with("iss", "https://sts.entra.example/"+home+"/")})
			case openid.ADFS:
				rows = append(rows,
					refusal{id: "ADFS-01", name: "of ID tokens", changes: with("iss", s.issuer.IDTokenIssuer())},
					refusal{id: "ADFS-01", name: "https", changes: with("iss", strings.Replace(own, "http:", "https:", 1))})
			}
			if f.path == "" && f.config.Type != openid.ADFS {
				rows = append(rows, refusal{id: "MS-02", name: "of another tenant", changes: change(openidtest.Tenant(guest))})
			}
			for i := range rows {
				rows[i].want = openid.ErrIssuer
			}
			s.refuse(t, rows)
		})
	}

	// What is pinned by configuration counts, and nothing else.
	pinned := newSite(t, adfs, func(p *openid.ProviderConfig, _ *openid.VerifierConfig) {
		p.Issuers = []string{"https://adfs.local.azurestack.example/adfs"}
	})
	if _, err := pinned.verifier.Verify(t.Context(), pinned.token(openidtest.With("iss", "https://adfs.local.azurestack.example/adfs"))); err != nil {
		t.Errorf("the configured issuer: %v", err)
	}
	principal, err := pinned.verifier.Verify(t.Context(), pinned.token())
	checkRefusal(t, principal, err, openid.ErrIssuer, false)
}

// onlyADFS answers text for AD FS, whose issuer holds no tenant.
func (s *site) onlyADFS(text string) string {
	if s.config.Type == openid.ADFS {
		return text
	}
	return ""
}

// Row "aud" of the table of tokens.
func TestTokens_Audience(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			const second = "https://management.contoso.example/second"
			s := newSite(t, f, func(_ *openid.ProviderConfig, v *openid.VerifierConfig) { v.Audiences = append(v.Audiences, second) })
			own := s.issuer.Audience()
			rows := []refusal{
				{id: "JWT-11", name: "missing", changes: without("aud"), want: openid.ErrClaims},
				{id: "JWT-11", name: "null", changes: with("aud", nil), want: openid.ErrClaims},
				{id: "JWT-11", name: "empty array", changes: with("aud", []string{}), want: openid.ErrClaims},
				{id: "JWT7519-05", name: "a number", changes: with("aud", 1), want: openid.ErrClaims},
				{id: "JWT7519-05", name: "true", changes: with("aud", true), want: openid.ErrClaims},
				{id: "JWT7519-05", name: "an object", changes: with("aud", map[string]string{own: own}), want: openid.ErrClaims},
				{id: "JWT7519-05", name: "an array with more than strings", changes: with("aud", []any{own, 1}), want: openid.ErrClaims},
				{id: "JWT7519-05", name: "an array of arrays", changes: with("aud", []any{[]string{own}}), want: openid.ErrClaims},
				{id: "JWT-11", name: "empty", changes: with("aud", ""), want: openid.ErrAudience},
				{id: "RFC9068-03", name: "another", changes: with("aud", "https://graph.microsoft.com"), want: openid.ErrAudience},
				{id: "RFC9068-03", name: "others", changes: with("aud", []string{"https://graph.microsoft.com", "x"}), want: openid.ErrAudience},
				{id: "JWT7519-05", name: "slash", changes: with("aud", own+"/"), want: openid.ErrAudience},
				{id: "JWT7519-05", name: "in capitals", changes: with("aud", strings.ToUpper(own)), want: openid.ErrAudience},
				{id: "JWT7519-05", name: "prefix", changes: with("aud", own[:len(own)-1]), want: openid.ErrAudience},
				{id: "JWT7519-05", name: "more at the end", changes: with("aud", own+"?"), want: openid.ErrAudience},
				{id: "JWT7519-05", name: "space in front", changes: with("aud", " "+own), want: openid.ErrAudience},
				{id: "JWT7519-05", name: "two in one string", changes: with("aud", own+" "+second), want: openid.ErrAudience},
				{id: "JWT7519-05", name: "the client", changes: with("aud", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"), want: openid.ErrAudience},
			}
			for i := range rows {
				rows[i].wantVerified = true
			}
			s.refuse(t, rows)

			_, err := s.verifier.Verify(t.Context(), s.token(openidtest.Audience("https://other.example/\"\n", "second")))
			var refused *openid.TokenError
			if !errors.As(err, &refused) {
				t.Fatal(err)
			}
			if refused.Audience != "https://other.example/\"\n" || !slices.Equal(refused.ExpectedAudiences, []string{own, second}) {
				t.Errorf("Audience %q, ExpectedAudiences %q", refused.Audience, refused.ExpectedAudiences)
			}
			for _, test := range []struct {
				audience []string
				want     string
			}{{[]string{own}, own}, {[]string{second}, second}, {[]string{"x", second}, second}, {[]string{second, own}, second}} {
				principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.Audience(test.audience...)))
				if err != nil || principal.Audience != test.want {
					t.Errorf("aud %q: %+v, %v", test.audience, principal, err)
				}
			}
			if principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.With("aud", []string{own}))); err != nil || principal.Audience != own {
				t.Errorf("an array of one: %v", err)
			}
		})
	}
}

// Row "times" of the table of tokens. A token is valid for an hour from now.
func TestTokens_Times(t *testing.T) {
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	const leeway, second = 5 * time.Minute, time.Second
	bad := []struct {
		id, name string
		value    any
	}{
		{"JWT7519-02", "zero", 0},
		{"JWT7519-02", "minus zero", json.Number("-0")},
		{"JWT7519-02", "negative", -1},
		{"JWT7519-02", "largest integer", int64(math.MaxInt64)},
		{"JWT7519-02", "larger than every integer", json.Number("1e300")},
		{"JWT7519-02", "larger than every number", json.Number("1e999")},
		{"JWT7519-02", "the year 10000", json.Number("253402300800")},
		{"JWT7519-02", "milliseconds", now.UnixMilli()},
		{"JWT7519-02", "a string", "1772600000"},
		{"JWT7519-02", "a date", "2026-03-04T05:06:07Z"},
		{"JWT7519-02", "null", nil},
		{"JWT7519-02", "true", true},
		{"JWT7519-02", "an array", []int64{at(time.Minute)}},
		{"JWT7519-02", "an object", map[string]int64{"$date": at(time.Minute)}},
	}
	var rows []refusal
	for _, name := range []string{"exp", "iat", "nbf"} {
		for _, value := range bad {
			id := map[string]string{"exp": "JWT7519-02", "iat": "JWT7519-04", "nbf": "JWT7519-03"}[name]
			rows = append(rows, refusal{id: id, name: name + " " + value.name, changes: with(name, value.value), want: openid.ErrClaims})
		}
	}
	rows = append(rows,
		refusal{id: "JWT7519-02", name: "exp missing", changes: without("exp"), want: openid.ErrClaims},
		refusal{id: "JWT7519-04", name: "iat missing", changes: without("iat"), want: openid.ErrClaims},
		refusal{id: "JWT7519-04", name: "exp before iat", changes: change(openidtest.With("exp", at(-2*second)), openidtest.With("iat", at(-second))), want: openid.ErrClaims},
		refusal{id: "JWT7519-04", name: "exp at iat", changes: change(openidtest.With("exp", at(0)), openidtest.With("iat", at(0))), want: openid.ErrClaims},
		refusal{id: "JWT7519-04", name: "longer than 28 h", changes: change(openidtest.Lifetime(28*time.Hour + second)), want: openid.ErrClaims},
		refusal{id: "JWT7519-04", name: "until the year 9999", changes: with("exp", json.Number("253402300799")), want: openid.ErrClaims},
		refusal{id: "JWT7519-04", name: "from 1970 on", changes: with("iat", 1), want: openid.ErrClaims},
		refusal{id: "JWT7519-02", name: "expired by the leeway", changes: change(openidtest.IssuedAt(now.Add(-time.Hour)), openidtest.With("exp", at(-leeway))), want: openid.ErrExpired},
		refusal{id: "JWT7519-02", name: "expired by the leeway and a fraction", changes: change(openidtest.IssuedAt(now.Add(-time.Hour)), openidtest.With("exp", float64(at(-leeway))-0.5)), want: openid.ErrExpired},
		refusal{id: "JWT7519-02", name: "expired last year", changes: change(openidtest.IssuedAt(now.AddDate(-1, 0, 0))), want: openid.ErrExpired},
		refusal{id: "JWT7519-03", name: "nbf a second too late", changes: with("nbf", at(leeway+second)), want: openid.ErrNotYetValid},
		refusal{id: "JWT7519-03", name: "nbf a fraction too late", changes: with("nbf", float64(at(leeway))+0.5), want: openid.ErrNotYetValid},
		refusal{id: "JWT7519-03", name: "nbf in the year 9999", changes: with("nbf", json.Number("253402300799")), want: openid.ErrNotYetValid},
		refusal{id: "JWT7519-04", name: "iat a second too late", changes: with("iat", at(leeway+second)), want: openid.ErrNotYetValid},
	)
	for i := range rows {
		rows[i].wantVerified = true
	}
	refuseAll(t, flavours, rows)

	s := newSite(t, entraV1)
	accepted := map[string][]openidtest.Claim{
		"expired by less than the leeway": change(openidtest.IssuedAt(now.Add(-time.Hour)), openidtest.With("exp", at(-leeway+second))),
		"nbf at the leeway":               with("nbf", at(leeway)),
		"nbf missing":                     without("nbf"),
		"nbf after exp, within leeway":    change(openidtest.With("exp", at(second)), openidtest.With("nbf", at(2*second))),
		"iat at the leeway":               with("iat", at(leeway)),
		"28 h":                            change(openidtest.Lifetime(28 * time.Hour)),
		"fractions":                       change(openidtest.With("iat", float64(at(0))+0.25), openidtest.With("nbf", float64(at(0))+0.5), openidtest.With("exp", float64(at(time.Hour))+0.75)),
		"exponents":                       with("exp", json.Number("1.7726012e9")),
	}
	for name, changes := range accepted {
		if _, err := s.verifier.Verify(t.Context(), s.token(changes...)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	_, err := s.verifier.Verify(t.Context(), s.token(openidtest.IssuedAt(now.Add(-2*time.Hour))))
	var refused *openid.TokenError
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if want := now.Add(-time.Hour); !refused.Expires.Equal(want) || !refused.Now.Equal(now) {
		t.Errorf("Expires %v, Now %v, want %v and %v", refused.Expires, refused.Now, want, now)
	}
}

// RFC9068-05: one leeway for all three, from none to five minutes.
func TestRFC9068_05_Leeway(t *testing.T) {
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	for _, test := range []struct {
		name   string
		config time.Duration
		leeway time.Duration
	}{
		{"none", openid.NoLeeway, 0},
		{"a minute", time.Minute, time.Minute},
		{"five minutes", 5 * time.Minute, 5 * time.Minute},
		{"the default", 0, 5 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, entraV1, func(_ *openid.ProviderConfig, v *openid.VerifierConfig) { v.Leeway = test.config })
			for _, row := range []struct {
				name    string
				changes []openidtest.Claim
				want    error // nil when accepted
			}{
				{"exp just within", change(openidtest.With("iat", at(-time.Hour)), openidtest.With("exp", at(-test.leeway+time.Second))), nil},
				{"exp just past", change(openidtest.With("iat", at(-time.Hour)), openidtest.With("exp", at(-test.leeway))), openid.ErrExpired},
				{"nbf just within", with("nbf", at(test.leeway)), nil},
				{"nbf just past", with("nbf", at(test.leeway+time.Second)), openid.ErrNotYetValid},
				{"iat just within", with("iat", at(test.leeway)), nil},
				{"iat just past", with("iat", at(test.leeway+time.Second)), openid.ErrNotYetValid},
			} {
				if _, err := s.verifier.Verify(t.Context(), s.token(row.changes...)); !errors.Is(err, row.want) {
					t.Errorf("%s: %v, want %v", row.name, err, row.want)
				}
			}
		})
	}
}

func TestTokens_MaxLifetime(t *testing.T) {
	s := newSite(t, entraV1, func(_ *openid.ProviderConfig, v *openid.VerifierConfig) { v.MaxLifetime = time.Hour })
	if _, err := s.verifier.Verify(t.Context(), s.token(openidtest.Lifetime(time.Hour))); err != nil {
		t.Error(err)
	}
	principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.Lifetime(time.Hour+time.Second)))
	checkRefusal(t, principal, err, openid.ErrClaims, true)
}

// Row "ID tokens" of the table of tokens: genuine, and no access tokens (JWT-16).
func TestTokens_IDTokens(t *testing.T) {
	rows := []refusal{
		{id: "JWT-16", name: "nonce", changes: with("nonce", "n-0S6_WzA2Mj")},
		{id: "JWT-16", name: "nonce null", changes: with("nonce", nil)},
		{id: "JWT-16", name: "at_hash", changes: with("at_hash", "77QmUPtjPfzWtF2AnpK9RQ")},
		{id: "JWT-16", name: "c_hash", changes: with("c_hash", "LDktKdoQak3Pk0cnXxCltA")},
		{id: "JWT-16", name: "expired as well", changes: change(openidtest.With("nonce", "n"), openidtest.IssuedAt(now.AddDate(-1, 0, 0)))},
	}
	for i := range rows {
		rows[i].want, rows[i].wantVerified = openid.ErrTokenType, true
	}
	refuseAll(t, flavours, rows)
	refuseAll(t, entra, []refusal{
		{id: "JWT-16", name: "names no client", changes: without("appid", "azp"), want: openid.ErrTokenType, wantVerified: true},
		{id: "JWT-16", name: "an ID token", changes: change(openidtest.IDToken()), want: openid.ErrTokenType, wantVerified: true},
		{id: "JWT-16", name: "an ID token for the API, without nonce", changes: change(openidtest.IDToken(), openidtest.Without("nonce")), want: openid.ErrTokenType, wantVerified: true},
		{name: "the client empty", changes: change(openidtest.Application("")), want: openid.ErrClaims, wantVerified: true},
		{name: "the client no string", changes: change(openidtest.With("appid", 1), openidtest.With("azp", 1)), want: openid.ErrClaims, wantVerified: true},
	})
	refuseAll(t, adfsBoth, []refusal{
		{id: "ADFS-01", name: "an ID token", changes: change(openidtest.IDToken()), want: openid.ErrIssuer},
		{id: "JWT-16", name: "an ID token with the other issuer", changes: change(openidtest.IDToken(), openidtest.With("iss", "http://adfs.local.azurestack.example/adfs/services/trust")), want: openid.ErrTokenType, wantVerified: true},
	})

	// What service principals lack is not asked for, and AD FS need not name the client.
	for _, f := range flavours {
		s := newSite(t, f)
		if _, err := s.verifier.Verify(t.Context(), s.issuer.Token(openidtest.ServicePrincipal(s.oid), openidtest.Without("scp", "roles", "idtyp"))); err != nil {
			t.Errorf("%s: a plain service principal: %v", f.name, err)
		}
	}
	for _, f := range adfsBoth {
		s := newSite(t, f)
		if principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.Without("appid"))); err != nil || principal.Application != "" {
			t.Errorf("%s: without a client: %v", f.name, err)
		}
	}
}

// Row "ver" of the table of tokens (MS-05).
func TestTokens_Version(t *testing.T) {
	for _, test := range []struct {
		flavours []flavour
		good     string
		bad      []any
	}{
		{[]flavour{entraV1, entraV1Many}, "1.0", []any{"2.0", "1", "", " 1.0", 1.0, nil, []string{"1.0"}}},
		{[]flavour{entraV2, entraV2Orgs, entraV2Many}, "2.0", []any{"1.0", "2", "", 2.0, nil}},
	} {
		var rows []refusal
		for _, ver := range test.bad {
			text, _ := json.Marshal(ver)
			rows = append(rows, refusal{id: "MS-05", name: "ver " + string(text), changes: with("ver", ver), want: openid.ErrClaims, wantVerified: true})
		}
		refuseAll(t, test.flavours, rows)
		for _, f := range test.flavours {
			s := newSite(t, f)
			for _, changes := range [][]openidtest.Claim{with("ver", test.good), without("ver")} {
				if _, err := s.verifier.Verify(t.Context(), s.token(changes...)); err != nil {
					t.Errorf("%s: %v", f.name, err)
				}
			}
		}
	}
	for _, f := range adfsBoth { // there is one version only, whatever it is called
		s := newSite(t, f)
		for _, changes := range [][]openidtest.Claim{with("ver", "1.0"), with("ver", "2.0"), without("ver")} {
			if _, err := s.verifier.Verify(t.Context(), s.token(changes...)); err != nil {
				t.Errorf("%s: %v", f.name, err)
			}
		}
	}
}

// Row "cnf" of the table of tokens.
func TestTokens_ProofOfPossession(t *testing.T) {
	refuseAll(t, flavours, []refusal{
		{id: "RFC9700-06", name: "key id", changes: with("cnf", map[string]string{"kid": "x"}), want: openid.ErrTokenType, wantVerified: true},
		{id: "RFC9700-06", name: "certificate", changes: with("cnf", map[string]string{"x5t#S256": "x"}), want: openid.ErrTokenType, wantVerified: true},
		{id: "RFC9700-06", name: "empty", changes: with("cnf", map[string]string{}), want: openid.ErrTokenType, wantVerified: true},
		{id: "RFC9700-06", name: "null", changes: with("cnf", nil), want: openid.ErrTokenType, wantVerified: true},
	})
}

// Row "tenant" of the table of tokens.
func TestTokens_Tenant(t *testing.T) {
	upper := strings.ToUpper(home)
	refuseAll(t, entra, []refusal{
		{id: "MS-03", name: "missing", changes: without("tid"), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "null", changes: with("tid", nil), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "empty", changes: with("tid", ""), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "a number", changes: with("tid", 1), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "an array", changes: with("tid", []string{home}), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "a domain name", changes: with("tid", "contoso.onmicrosoft.com"), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "the zero GUID", changes: with("tid", zero), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "in braces", changes: with("tid", "{"+home+"}"), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "another accepted tenant than in iss", changes: with("tid", guest), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "a tenant that is not accepted, another than in iss", changes: with("tid", foreign), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "twice, but for the case", changes: with("TID", foreign), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "twice, the same but for the case", changes: with("Tid", home), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "only in another case", changes: change(openidtest.Without("tid"), openidtest.With("TID", home)), want: openid.ErrClaims, wantVerified: true},
	})
	refuseAll(t, many, []refusal{
		{id: "MS-03", name: "not accepted", changes: change(openidtest.Tenant(foreign)), want: openid.ErrTenant, wantVerified: true},
		{id: "MS-03", name: "consumers", changes: change(openidtest.Tenant(consumers)), want: openid.ErrTenant, wantVerified: true},
		{id: "MS-03", name: "the zero GUID in both", changes: change(openidtest.Tenant(zero)), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-02", name: "in capitals, not so in iss", changes: with("tid", upper), want: openid.ErrClaims, wantVerified: true},
	})
	refuseAll(t, adfsBoth, []refusal{
		{id: "MS-03", name: "another", changes: with("tid", foreign), want: openid.ErrTenant, wantVerified: true},
		{id: "MS-03", name: "empty", changes: with("tid", ""), want: openid.ErrTenant, wantVerified: true},
		{id: "MS-03", name: "null", changes: with("tid", nil), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "a number", changes: with("tid", 1), want: openid.ErrClaims, wantVerified: true},
		{id: "MS-03", name: "only in another case", changes: with("TID", foreign), want: openid.ErrClaims, wantVerified: true},
	})

	for _, f := range many {
		s := newSite(t, f)
		for _, tenant := range []string{home, guest} {
			principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.Tenant(tenant)))
			if err != nil || principal.Tenant != tenant {
				t.Errorf("%s: %+v, %v", f.name, principal, err)
			}
		}
	}
	// Capitals in both are the same tenant.
	s := newSite(t, entraV2Many)
	capitals := strings.Replace(s.issuer.AccessTokenIssuer(), home, upper, 1)
	principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.With("tid", upper), openidtest.With("iss", capitals)))
	if err != nil || principal.Tenant != home {
		t.Errorf("in capitals: %+v, %v", principal, err)
	}
	for _, test := range []struct {
		flavour flavour
		changes []openidtest.Claim
		want    string
	}{
		{adfs, nil, "adfs"},
		{adfs, with("tid", "ADFS"), "adfs"},
		{adfsTenanted, nil, home},
		{adfsTenanted, with("tid", upper), home},
	} {
		s := newSite(t, test.flavour)
		if principal, err := s.verifier.Verify(t.Context(), s.token(test.changes...)); err != nil || principal.Tenant != test.want {
			t.Errorf("%s: %+v, %v", test.flavour.name, principal, err)
		}
	}
}

// An authority of one tenant whose configured issuer does not name it still speaks for that tenant alone.
func TestTokens_TenantOfOne(t *testing.T) {
	const issuer = "https://login.contoso.example/"
	s := newSite(t, entraV1, func(p *openid.ProviderConfig, v *openid.VerifierConfig) {
		p.Issuers = []string{issuer}
		v.Tenants = []string{home, guest}
	})
	if _, err := s.verifier.Verify(t.Context(), s.token(openidtest.With("iss", issuer))); err != nil {
		t.Error(err)
	}
	principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.With("iss", issuer), openidtest.With("tid", guest)))
	checkRefusal(t, principal, err, openid.ErrTenant, true)
}

// A token of any tenant is accepted where the configuration says so in as many words; consumers' never are.
func TestTokens_AnyTenant(t *testing.T) {
	for _, f := range many {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.tenants = nil
			s := newSite(t, f, func(_ *openid.ProviderConfig, v *openid.VerifierConfig) { v.InsecureAcceptAnyTenant = true })
			if principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.Tenant(foreign))); err != nil || principal.Tenant != foreign {
				t.Errorf("a tenant: %v", err)
			}
			s.refuse(t, []refusal{
				{id: "MS-03", name: "consumers", changes: change(openidtest.Tenant(consumers)), want: openid.ErrTenant, wantVerified: true},
				{id: "MS-03", name: "the zero GUID", changes: change(openidtest.Tenant(zero)), want: openid.ErrClaims, wantVerified: true},
				{id: "MS-03", name: "another than in iss", changes: with("tid", foreign), want: openid.ErrClaims, wantVerified: true},
				{id: "MS-03", name: "missing", changes: without("tid"), want: openid.ErrClaims, wantVerified: true},
			})
		})
	}
}

// What a verified token of a tenant that is not accepted says of itself is in the error, for the answer that names it.
func TestTokens_RefusedAfterVerification(t *testing.T) {
	s := newSite(t, entraV1Many)
	_, err := s.verifier.Verify(t.Context(), s.token(openidtest.Tenant(foreign)))
	var refused *openid.TokenError
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if _, err := s.verifier.Verify(t.Context(), s.token(openidtest.Tenant(foreign), openidtest.WithoutHeader("kid"), openidtest.Header("x5t", s.issuer.KeyID()))); !errors.As(err, &refused) || refused.KeyID != s.issuer.KeyID() {
		t.Errorf("by x5t: %+v", refused)
	}
	wantIssuer := strings.Replace(s.issuer.AccessTokenIssuer(), home, foreign, 1)
	if refused.Tenant != foreign || refused.ObjectID != s.oid || refused.Issuer != wantIssuer || refused.KeyID != s.issuer.KeyID() || refused.Authority != s.provider.Authority() {
		t.Errorf("got %+v", refused)
	}
}

// Row "identity" of the table of tokens.
func TestTokens_Identity(t *testing.T) {
	refuseAll(t, flavours, []refusal{
		{id: "JWT-10", name: "missing", changes: without("oid"), want: openid.ErrIdentity, wantVerified: true},
		{id: "JWT-10", name: "null", changes: with("oid", nil), want: openid.ErrIdentity, wantVerified: true},
		{id: "JWT-10", name: "empty", changes: with("oid", ""), want: openid.ErrIdentity, wantVerified: true},
		{id: "JWT-10", name: "a number", changes: with("oid", 1), want: openid.ErrIdentity, wantVerified: true},
		{id: "JWT-10", name: "an array", changes: with("oid", []string{alice}), want: openid.ErrIdentity, wantVerified: true},
		{id: "JWT-10", name: "the zero GUID", changes: with("oid", zero), want: openid.ErrIdentity, wantVerified: true},
		{id: "JWT-10", name: "in braces", changes: with("oid", "{"+alice+"}"), want: openid.ErrIdentity, wantVerified: true},
		{id: "JWT-10", name: "space at the end", changes: with("oid", alice+" "), want: openid.ErrIdentity, wantVerified: true},
		{id: "JWT-10", name: "no SID", changes: with("oid", "S-1-5"), want: openid.ErrIdentity, wantVerified: true},
		{id: "MS-08", name: "an e-mail address", changes: with("oid", "alice@contoso.example"), want: openid.ErrIdentity, wantVerified: true},
		{id: "MS-08", name: "names only", changes: change(openidtest.Without("oid"), openidtest.With("upn", "alice@contoso.example"), openidtest.With("email", "alice@contoso.example"), openidtest.With("sub", alice)), want: openid.ErrIdentity, wantVerified: true},
		{id: "RFC9700-05", name: "the client's id only", changes: change(openidtest.Without("oid"), openidtest.Application(alice)), want: openid.ErrIdentity, wantVerified: true},
		{name: "groups a number", changes: with("groups", 1), want: openid.ErrClaims, wantVerified: true},
		{name: "groups null", changes: with("groups", nil), want: openid.ErrClaims, wantVerified: true},
		{name: "groups an object", changes: with("groups", map[string]string{readers: readers}), want: openid.ErrClaims, wantVerified: true},
		{name: "groups with more than strings", changes: with("groups", []any{readers, 1}), want: openid.ErrClaims, wantVerified: true},
	})
	refuseAll(t, entra, []refusal{
		{name: "groups a string", changes: with("groups", readers), want: openid.ErrClaims, wantVerified: true},
		{name: "a SID elsewhere", changes: change(openidtest.Without("oid"), openidtest.With("primarysid", aliceAD)), want: openid.ErrIdentity, wantVerified: true},
	})
	refuseAll(t, adfsBoth, []refusal{
		{name: "the first name counts, even with a bad value", changes: change(openidtest.With("oid", "x"), openidtest.With("primarysid", aliceAD)), want: openid.ErrIdentity, wantVerified: true},
	})

	for _, test := range []struct {
		name       string
		flavours   []flavour
		changes    []openidtest.Claim
		wantID     string
		wantGroups []string
	}{
		{"a GUID in capitals", flavours, change(openidtest.With("oid", strings.ToUpper(alice)), openidtest.Without("groups")), alice, nil},
		{"a SID", flavours, change(openidtest.With("oid", strings.ToLower(aliceAD)), openidtest.Without("groups")), aliceAD, nil},
		{"groups", flavours, change(openidtest.With("oid", alice), openidtest.With("groups", []string{strings.ToUpper(readers), strings.ToLower(usersAD), readers})), alice, []string{readers, usersAD, readers}},
		{"no groups", flavours, change(openidtest.With("oid", alice), openidtest.With("groups", []string{})), alice, []string{}},
		{"groups that match nothing", flavours, change(openidtest.With("oid", alice), openidtest.With("groups", []string{`CONTOSO\Users`, zero, "", "*", readers})), alice, []string{readers}},
		{"a group alone", adfsBoth, change(openidtest.With("groups", usersAD)), aliceAD, []string{usersAD}},
		{"a group alone that matches nothing", adfsBoth, change(openidtest.With("groups", `CONTOSO\Users`)), aliceAD, []string{}},
		{"AD FS's own names", adfsBoth, change(openidtest.Without("oid", "groups"), openidtest.With("primarysid", aliceAD), openidtest.With("groupsid", []string{usersAD})), aliceAD, []string{usersAD}},
		{"AD FS's own long names", adfsBoth, change(openidtest.Without("oid", "groups"),
			openidtest.With("http://schemas.microsoft.com/ws/2008/06/identity/claims/primarysid", aliceAD),
			openidtest.With("http://schemas.microsoft.com/ws/2008/06/identity/claims/groupsid", []string{usersAD})), aliceAD, []string{usersAD}},
	} {
		for _, f := range test.flavours {
			t.Run(test.name+" "+f.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, f)
				principal, err := s.verifier.Verify(t.Context(), s.token(test.changes...))
				if err != nil {
					t.Fatal(err)
				}
				if principal.ObjectID != test.wantID || !slices.Equal(principal.Groups, test.wantGroups) {
					t.Errorf("object id %q, groups %q, want %q, %q", principal.ObjectID, principal.Groups, test.wantID, test.wantGroups)
				}
			})
		}
	}
}

// A site says in which claims its AD FS carries what.
func TestTokens_ClaimNames(t *testing.T) {
	names := openid.ClaimNames{
		ObjectID: []string{"sid"}, Groups: []string{"memberof"}, Tenant: []string{"directory"}, Application: []string{"client"}, Name: []string{"display"},
	}
	s := newSite(t, adfs, func(_ *openid.ProviderConfig, v *openid.VerifierConfig) { v.ClaimNames = &names })
	names.ObjectID[0] = "changed after construction"
	principal, err := s.verifier.Verify(t.Context(), s.token(
		openidtest.Without("oid", "groups", "appid", "upn", "unique_name"), openidtest.With("sid", aliceAD), openidtest.With("memberof", usersAD),
		openidtest.With("directory", "adfs"), openidtest.With("client", "web"), openidtest.With("display", "Alice"), openidtest.With("tid", foreign)))
	if err != nil {
		t.Fatal(err)
	}
	if principal.ObjectID != aliceAD || !slices.Equal(principal.Groups, []string{usersAD}) || principal.Tenant != "adfs" || principal.Application != "web" || principal.Name != "Alice" {
		t.Errorf("got %+v", principal)
	}
	for _, changes := range [][]openidtest.Claim{nil, change(openidtest.With("sid", aliceAD), openidtest.With("directory", foreign))} {
		if _, err := s.verifier.Verify(t.Context(), s.token(changes...)); err == nil {
			t.Error("accepted by the names of others")
		}
	}
}

// Row "overage" of the table of tokens (MS-09): the groups are unknown, which is never the same as none.
func TestTokens_Overage(t *testing.T) {
	distributed := openidtest.With("_claim_names", map[string]string{"groups": "src1"})
	for _, f := range entra {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, f)
			for _, test := range []struct {
				name    string
				changes []openidtest.Claim
				want    bool
			}{
				{"none", nil, false},
				{"as Entra ID writes it", change(openidtest.Overage()), true},
				{"names without sources", change(openidtest.Without("groups"), distributed), true},
				{"beside groups", change(distributed), true},
				{"beside an empty claim", change(openidtest.With("groups", []string{}), distributed), true},
				{"beside groups that are none", change(openidtest.With("groups", "x"), distributed), true},
				{"hasgroups", change(openidtest.Without("groups"), openidtest.With("hasgroups", true)), true},
				{"hasgroups beside groups", with("hasgroups", true), true},
				{"hasgroups a string", with("hasgroups", "true"), true},
				{"hasgroups null", with("hasgroups", nil), true},
				{"hasgroups false", with("hasgroups", false), false},
				{"in another case", change(openidtest.Without("groups"), openidtest.With("_claim_names", map[string]string{"Groups": "src1"})), true},
				{"among others, in another case", with("_claim_names", map[string]string{"wids": "src2", "GROUPS": "src1", "xms": "src3"}), true},
				{"another claim's", with("_claim_names", map[string]string{"wids": "src1"}), false},
				{"sources without names", with("_claim_sources", map[string]any{"src1": map[string]string{"endpoint": "https://evil.example/"}}), false},
			} {
				principal, err := s.verifier.Verify(t.Context(), s.token(test.changes...))
				if err != nil {
					t.Errorf("%s: %v", test.name, err)
					continue
				}
				if principal.Overage != test.want || test.want && principal.Groups != nil || !test.want && len(principal.Groups) == 0 {
					t.Errorf("%s: overage %t, groups %q, want overage %t", test.name, principal.Overage, principal.Groups, test.want)
				}
			}
			s.refuse(t, []refusal{
				{id: "MS-09", name: "_claim_names a string", changes: with("_claim_names", "groups"), want: openid.ErrClaims, wantVerified: true},
				{id: "MS-09", name: "_claim_names null", changes: with("_claim_names", nil), want: openid.ErrClaims, wantVerified: true},
				{id: "MS-09", name: "_claim_names an array", changes: with("_claim_names", []string{"groups"}), want: openid.ErrClaims, wantVerified: true},
			})
			if got := s.issuer.Requests(); got.Metadata != 1 || got.Keys != 1 {
				t.Errorf("%+v requests, want the first two", got)
			}
		})
	}
}

// Where configuration says that the claim for groups must be there, a token without it is one whose groups are unknown.
func TestTokens_MissingGroupsAreOverage(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, f, func(_ *openid.ProviderConfig, config *openid.VerifierConfig) { config.MissingGroupsAreOverage = true })
			usual := newSite(t, f)
			for _, test := range []struct {
				name    string
				changes []openidtest.Claim
				want    bool // by configuration
				always  bool // without it, too
			}{
				{"groups", nil, false, false},
				{"none", without("groups"), true, false},
				{"an empty array", with("groups", []string{}), false, false},
				{"none that is an id", with("groups", []string{"Readers"}), false, false},
				{"a claim of another name", change(openidtest.Without("groups"), openidtest.With("Groups", []string{f.group})), true, false},
				{"hasgroups false", change(openidtest.Without("groups"), openidtest.With("hasgroups", false)), true, false},
				{"hasgroups", change(openidtest.Without("groups"), openidtest.With("hasgroups", true)), true, true},
			} {
				for _, at := range []struct {
					s    *site
					want bool
				}{{s, test.want}, {usual, test.always}} {
					principal, err := at.s.verifier.Verify(t.Context(), at.s.token(test.changes...))
					if err != nil {
						t.Errorf("%s: %v", test.name, err)
						continue
					}
					if principal.Overage != at.want || at.want && principal.Groups != nil {
						t.Errorf("%s: overage %t, groups %q, want overage %t", test.name, principal.Overage, principal.Groups, at.want)
					}
				}
			}
			if f.name == adfs.name { // whose rules may name the claim otherwise
				principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.Without("groups"), openidtest.With("groupsid", usersAD)))
				if err != nil || principal.Overage || len(principal.Groups) != 1 {
					t.Errorf("groupsid: %+v, %v", principal, err)
				}
			}
		})
	}
}

// MS-04: a key that is published for consumer accounts, or for another tenant, signs for nobody else. Entra ID's v1 key sets do not say
// whose a key is, so that there the issuer and the tenant decide.
func TestMS_04_KeyIssuer(t *testing.T) {
	published := func(issuer any) func([]any) []any {
		return func(keys []any) []any {
			for _, key := range keys {
				key.(map[string]any)["issuer"] = issuer
			}
			return keys
		}
	}
	const base = "https://login.entra.example/"
	for _, test := range []struct {
		name     string
		flavours []flavour
		issuer   any
		want     error // nil when accepted
	}{
		{"as published", []flavour{entraV2, entraV2Orgs, entraV2Many}, base + "{tenantid}/v2.0", nil},
		{"the tenant's", []flavour{entraV2, entraV2Orgs, entraV2Many}, base + home + "/v2.0", nil},
		{"blank", []flavour{entraV2, entraV2Many}, " ", nil},
		{"null", []flavour{entraV2, entraV2Many}, nil, nil},
		{"consumers", []flavour{entraV2, entraV2Orgs, entraV2Many}, base + consumers + "/v2.0", openid.ErrKeyIssuer},
		{"another tenant's", []flavour{entraV2, entraV2Many}, base + guest + "/v2.0", openid.ErrKeyIssuer},
		{"another host's", []flavour{entraV2, entraV2Many}, "https://login.evil.example/{tenantid}/v2.0", openid.ErrKeyIssuer},
		{"of the other version", []flavour{entraV2, entraV2Many}, "https://sts.entra.example/{tenantid}/", openid.ErrKeyIssuer},
		{"slash", []flavour{entraV2, entraV2Many}, base + "{tenantid}/v2.0/", openid.ErrKeyIssuer},
		{"v1, consumers", []flavour{entraV1, entraV1Many}, base + consumers + "/v2.0", openid.ErrKeyIssuer},
		{"AD FS, its own", adfsBoth, "http://adfs.local.azurestack.example/adfs/services/trust", nil},
		{"AD FS, of ID tokens", adfsBoth, "https://adfs.local.azurestack.example/adfs", nil},
		{"AD FS, another", adfsBoth, "https://evil.example/adfs", openid.ErrKeyIssuer},
	} {
		for _, f := range test.flavours {
			t.Run(test.name+" "+f.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, f)
				s.issuer.EditKeys(published(test.issuer))
				s.provider.Flush()
				awaitReady(t, s.verifier)
				principal, err := s.verifier.Verify(t.Context(), s.token())
				if test.want == nil {
					if err != nil {
						t.Error(err)
					}
					return
				}
				checkRefusal(t, principal, err, test.want, false)
			})
		}
	}

	// A consumer key beside the others, as in Entra ID's own set, still signs for consumers only, whom nobody accepts.
	for _, f := range []flavour{entraV2, entraV2Many} {
		t.Run("a consumer key among others "+f.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, f)
			kid := s.issuer.AnnounceConsumer()
			principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.SignedBy(kid)))
			checkRefusal(t, principal, err, openid.ErrKeyIssuer, false)
			if f.path != "" {
				principal, err = s.verifier.Verify(t.Context(), s.token(openidtest.SignedBy(kid), openidtest.Tenant(consumers)))
				checkRefusal(t, principal, err, openid.ErrTenant, true)
			}
		})
	}
}
