package openid_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// Row "size and shape" of the table of tokens: refused before anything is parsed, let alone fetched.
func TestTokens_SizeAndShape(t *testing.T) {
	segment := func(n int, edit func(string) string) func(string) string {
		return func(token string) string {
			parts := strings.Split(token, ".")
			parts[n] = edit(parts[n])
			return strings.Join(parts, ".")
		}
	}
	insert := func(what string) func(string) string { return func(s string) string { return s[:8] + what + s[8:] } }
	whole := func(token string) func(string) string { return func(string) string { return token } }
	rows := []refusal{
		{id: "JWS-01", name: "empty", edit: whole("")},
		{id: "JWS-01", name: "a word", edit: whole("token")},
		{id: "JWS-01", name: "dots", edit: whole("..")},
		{id: "JWS-01", name: "two segments", edit: func(token string) string { return token[:strings.LastIndex(token, ".")] }},
		{id: "JWS-01", name: "four segments", edit: func(token string) string { return token + ".AAAA" }},
		{id: "JWT-05", name: "five segments", edit: func(token string) string { return token + ".AAAA.AAAA" }},
		{id: "JWT-05", name: "a JWE", edit: whole(encode(`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"zip":"DEF"}`) + ".AAAA.AAAA.AAAA.AAAA")},
		{id: "JWS-01", name: "no header", edit: segment(0, func(string) string { return "" })},
		{id: "JWS-01", name: "no payload", edit: segment(1, func(string) string { return "" })},
		{id: "JWS-01", name: "no signature", edit: segment(2, func(string) string { return "" })},
		{id: "JWS-01", name: "JSON serialization", edit: func(token string) string {
			parts := strings.Split(token, ".")
			return `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`
		}},
		{id: "JWT-17", name: "with its scheme", edit: func(token string) string { return "Bearer " + token }},
		{id: "JWT-17", name: "in quotes", edit: func(token string) string { return `"` + token + `"` }},
		{id: "JWS-02", name: "space in front", edit: func(token string) string { return " " + token }},
		{id: "JWS-02", name: "space at the end", edit: func(token string) string { return token + " " }},
		{id: "JWS-02", name: "line break at the end", edit: func(token string) string { return token + "\n" }},
		{id: "JWS-02", name: "NUL at the end", edit: func(token string) string { return token + "\x00" }},
		{name: "64 KiB and one", edit: func(token string) string { return token + strings.Repeat("A", 64<<10+1-len(token)) }},
		{name: "a million dots", edit: whole(strings.Repeat(".", 1_000_000))},
	}
	for n, name := range []string{"header", "payload", "signature"} {
		for _, what := range []struct{ name, text string }{{"LF", "\n"}, {"CR", "\r"}, {"CRLF", "\r\n"}, {"space", " "}, {"plus", "+"}, {"slash", "/"}, {"padding", "="}, {"NUL", "\x00"}, {"no ASCII", "é"}} {
			rows = append(rows, refusal{id: "JWS-02", name: what.name + " in the " + name, edit: segment(n, insert(what.text))})
		}
		rows = append(rows, refusal{id: "JWS-02", name: "padding of the " + name, edit: segment(n, func(s string) string { return s + strings.Repeat("=", (4-len(s)%4)%4) + "=" })})
	}
	// A signature of 64 bytes ends in a character with four bits to spare, so that fifteen other characters would say the same.
	rows = append(rows, refusal{id: "JWS-02", name: "stray bits", edit: segment(2, func(s string) string {
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := strings.IndexByte(alphabet, s[len(s)-1])
		return s[:len(s)-1] + string(alphabet[last+1])
	})})
	for i := range rows {
		rows[i].want = openid.ErrMalformed
	}
	refuseAll(t, flavours, rows)
}

// The size that is configured is the last that is read, and 64 KiB when none is.
func TestTokens_Size(t *testing.T) {
	s := newSite(t, entraV2)
	padded := func(n int) string { return s.token(openidtest.With("pad", strings.Repeat("x", n))) }
	if token := padded(40_000); len(token) > 64<<10 {
		t.Fatal("the test's token is too long")
	} else if _, err := s.verifier.Verify(t.Context(), token); err != nil {
		t.Errorf("%d bytes: %v", len(token), err)
	}
	principal, err := s.verifier.Verify(t.Context(), padded(50_000))
	checkRefusal(t, principal, err, openid.ErrMalformed, false)

	token := s.token()
	for _, test := range []struct {
		limit int
		want  bool
	}{{len(token), true}, {len(token) - 1, false}} {
		limited := newVerifier(t, openid.VerifierConfig{
			Providers: s.verifier.Providers(), Audiences: s.verifier.Audiences(), Now: s.clock, MaxTokenBytes: test.limit,
		})
		if _, err := limited.Verify(t.Context(), token); (err == nil) != test.want {
			t.Errorf("%d bytes with a limit of %d: %v", len(token), test.limit, err)
		}
	}
}

// besideAnother is the site with a verifier that trusts a second provider too: a token without an iss may be of either, so that its
// signature cannot be looked at.
func (s *site) besideAnother(t testing.TB) *site {
	t.Helper()
	authority := "https://other.entra.example/" + foreign
	if s.config.Type == openid.ADFS {
		authority = "https://other.azurestack.example/adfs/other"
	}
	second := newProvider(t, openid.ProviderConfig{Authority: authority, Transport: &network{state: down}})
	both := *s
	both.verifier = newVerifier(t, openid.VerifierConfig{
		Providers: append(s.verifier.Providers(), second), Audiences: s.verifier.Audiences(), Tenants: append(s.verifier.Tenants(), second.Tenant()), Now: s.clock,
	})
	return &both
}

// Row "JSON" of the table of tokens. All of these are well signed.
func TestTokens_JSON(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, f)
			header, payload, _ := segments(s.token())
			claims := func(text string) []openidtest.Claim { return change(openidtest.RawPayload([]byte(text))) }
			head := func(text string) []openidtest.Claim { return change(openidtest.RawHeader([]byte(text))) }
			payloads := []refusal{
				{id: "JWT7519-01", name: "claims null", changes: claims("null")},
				{id: "JWT7519-01", name: "claims an array", changes: claims("[" + payload + "]")},
				{id: "JWT7519-01", name: "claims a string", changes: claims(`"claims"`)},
				{id: "JWT7519-01", name: "claims no JSON", changes: claims("claims")},
				{id: "JWT7519-01", name: "claims cut short", changes: claims(payload[:len(payload)-1])},
				{id: "JWT7519-01", name: "object after the claims", changes: claims(payload + "{}")},
				{id: "JWT7519-01", name: "NUL after the claims", changes: claims(payload + "\x00")},
				{id: "JWT7519-01", name: "comma after the last claim", changes: claims(payload[:len(payload)-1] + ",}")},
				{id: "JWT7519-01", name: "exp twice", changes: claims(`{"exp":9999999999,` + payload[1:])},
				{id: "JWT7519-01", name: "oid twice, once escaped", changes: claims(`{"\u006fid":"` + alice + `",` + payload[1:])},
				{id: "JWT7519-01", name: "duplicate within a claim", changes: claims(`{"x":{"a":1,"a":1},` + payload[1:])},
				{id: "JWT7519-01", name: "comment", changes: claims(`{/**/` + payload[1:])},
				{id: "JWT-08", name: "byte-order mark before the claims", changes: claims("\xef\xbb\xbf" + payload)},
				{id: "JWT-08", name: "claims in UTF-16", changes: claims(strings.Join(strings.Split(payload, ""), "\x00") + "\x00")},
				{id: "JWT-08", name: "claims no UTF-8", changes: claims("{\"x\":\"\xff\"," + payload[1:])},
				{id: "JWT-08", name: "name no UTF-8", changes: claims("{\"\xff\":1," + payload[1:])},
				{id: "JWT-08", name: "lone surrogate", changes: claims(`{"x":"\ud800",` + payload[1:])},
			}
			rows := []refusal{
				{id: "JWS-03", name: "header null", changes: head("null")},
				{id: "JWS-03", name: "header an array", changes: head("[" + header + "]")},
				{id: "JWS-03", name: "object after the header", changes: head(header + "{}")},
				{id: "JWS-03", name: "alg twice", changes: head(`{"alg":"none",` + header[1:])},
				{id: "JWS-03", name: "kid twice, the same", changes: head(`{"kid":"` + s.issuer.KeyID() + `",` + header[1:])},
				{id: "JWS-03", name: "kid twice, once escaped", changes: head(`{"\u006bid":"x",` + header[1:])},
				{id: "JWT-08", name: "byte-order mark before the header", changes: head("\xef\xbb\xbf" + header)},
				{id: "JWT-08", name: "header no UTF-8", changes: head("{\"x\":\"\xff\"," + header[1:])},
			}
			for i := range rows {
				rows[i].want = openid.ErrMalformed
			}
			// With one provider the signature is looked at first, so that these are the issuer's own words.
			for _, row := range payloads {
				row.want, row.wantVerified = openid.ErrMalformed, true
				rows = append(rows, row)
				row.name += ", not signed"
				row.edit = func(token string) string { return token[:strings.LastIndex(token, ".")] + ".AAAA" }
				row.want, row.wantVerified = openid.ErrSignature, false
				rows = append(rows, row)
			}
			rows = append(rows, refusal{id: "JWT7519-01", name: "claims no JSON, by an unknown key", changes: append(claims("claims"), openidtest.Header("kid", "unknown")), want: openid.ErrUnknownKey, wantFetches: 1})
			// Names are exact: a claim in other case is another claim, which neither stands for the real one nor contradicts it.
			rows = append(rows,
				refusal{id: "JWT7519-01", name: "EXP is not exp", changes: change(openidtest.Without("exp"), openidtest.With("EXP", now.Unix()+100)), want: openid.ErrClaims, wantVerified: true},
				refusal{id: "JWT7519-01", name: "Aud is not aud", changes: change(openidtest.Without("aud"), openidtest.With("Aud", s.issuer.Audience())), want: openid.ErrClaims, wantVerified: true},
				refusal{id: "JWT7519-01", name: "OID is not oid", changes: change(openidtest.Without("oid"), openidtest.With("OID", s.oid)), want: openid.ErrIdentity, wantVerified: true},
				refusal{id: "JWT7519-01", name: "Iss is not iss", changes: change(openidtest.Without("iss"), openidtest.With("Iss", s.issuer.AccessTokenIssuer())), want: openid.ErrIssuer},
				refusal{id: "JWT7519-01", name: "kid with a Kelvin sign", changes: change(openidtest.WithoutHeader("kid", "x5t"), openidtest.Header("\u212aid", s.issuer.KeyID())), want: openid.ErrMalformed},
			)
			s.refuse(t, rows)
			rows = nil
			for _, row := range payloads {
				row.want = openid.ErrMalformed
				rows = append(rows, row)
				row.name += ", by an unknown key"
				row.changes = append(row.changes, openidtest.Header("kid", "unknown"))
				rows = append(rows, row)
			}
			s.besideAnother(t).refuse(t, rows)

			for name, token := range map[string]string{
				"other claims beside the real ones":  s.token(openidtest.With("EXP", 1), openidtest.With("Aud", "x"), openidtest.With("OID", zero), openidtest.With("Iss", "x")),
				"other header beside the real one":   s.token(openidtest.Header("ALG", "none"), openidtest.Header("Crit", 1), openidtest.Header("Kid", "x")),
				"white space around the claims":      s.token(openidtest.RawPayload([]byte("\r\n\t " + payload + " \n"))),
				"claims with escapes in their names": s.token(openidtest.RawPayload([]byte(strings.Replace(payload, `"exp"`, `"\u0065\u0078p"`, 1)))),
			} {
				if _, err := s.verifier.Verify(t.Context(), token); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// Row "header" of the table of tokens. All of these are well signed.
func TestTokens_Header(t *testing.T) {
	head := func(name string, value any) []openidtest.Claim { return change(openidtest.Header(name, value)) }
	foreign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	refuseAll(t, flavours, []refusal{
		{id: "JWS-04", name: "crit", changes: change(openidtest.Header("crit", []string{"exp"}), openidtest.Header("exp", 1)), want: openid.ErrMalformed},
		{id: "JWS-04", name: "crit of a name that is absent", changes: head("crit", []string{"exp"}), want: openid.ErrMalformed},
		{id: "JWS-04", name: "crit of a registered name", changes: head("crit", []string{"alg"}), want: openid.ErrMalformed},
		{id: "JWS-04", name: "crit empty", changes: head("crit", []string{}), want: openid.ErrMalformed},
		{id: "JWS-04", name: "crit null", changes: head("crit", nil), want: openid.ErrMalformed},
		{id: "JWS-04", name: "crit a string", changes: head("crit", "exp"), want: openid.ErrMalformed},
		{id: "JWS-05", name: "b64 false", changes: head("b64", false), want: openid.ErrMalformed},
		{id: "JWS-05", name: "b64 true", changes: head("b64", true), want: openid.ErrMalformed},
		{id: "JWT-18", name: "zip", changes: head("zip", "DEF"), want: openid.ErrMalformed},
		{id: "JWT-05", name: "enc", changes: head("enc", "A256GCM"), want: openid.ErrMalformed},
		{id: "JWT-05", name: "cty", changes: head("cty", "JWT"), want: openid.ErrMalformed},
		{id: "JWT-15", name: "typ of a security event", changes: head("typ", "secevent+jwt"), want: openid.ErrMalformed},
		{id: "JWT-15", name: "typ of a logout token", changes: head("typ", "logout+jwt"), want: openid.ErrMalformed},
		{id: "JWT-15", name: "typ of a logout token, long", changes: head("typ", "application/logout+jwt"), want: openid.ErrMalformed},
		{id: "JWT-15", name: "typ of a proof", changes: head("typ", "dpop+jwt"), want: openid.ErrMalformed},
		{id: "JWT-15", name: "typ of a key binding", changes: head("typ", "kb+jwt"), want: openid.ErrMalformed},
		{id: "JWT-15", name: "typ pop", changes: head("typ", "pop"), want: openid.ErrMalformed},
		{id: "JWT-15", name: "typ id+jwt", changes: head("typ", "id+jwt"), want: openid.ErrMalformed},
		{id: "JWT-15", name: "typ empty", changes: head("typ", ""), want: openid.ErrMalformed},
		{id: "JWT-15", name: "typ null", changes: head("typ", nil), want: openid.ErrMalformed},
		{name: "nonce, of a token for Microsoft Graph", changes: head("nonce", "x"), want: openid.ErrTokenType},
		{id: "JWT-13", name: "jku of a foreign key", changes: change(openidtest.Header("jku", "https://evil.example/keys"), openidtest.SignedWith(foreign)), want: openid.ErrSignature},
		{id: "JWT-13", name: "x5u of a foreign key", changes: change(openidtest.Header("x5u", "https://evil.example/crt"), openidtest.SignedWith(foreign)), want: openid.ErrSignature},
		{id: "JWT-13", name: "x5c of a foreign key", changes: change(openidtest.Header("x5c", [][]byte{secondKey().Certificate[0]}), openidtest.SignedWith(foreign)), want: openid.ErrSignature},
		{id: "JWT-13", name: "jwk", changes: change(openidtest.Header("jwk", map[string]any{"kty": "oct", "k": "AAAA"}), openidtest.SignedWith(foreign)), want: openid.ErrSignature},
	})
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, f)
			before := s.issuer.Requests()
			for name, changes := range map[string][]openidtest.Claim{
				"RFC9068-01 no typ":              change(openidtest.WithoutHeader("typ")),
				"RFC9068-01 typ in lower case":   head("typ", "jwt"),
				"RFC9068-01 typ at+jwt":          head("typ", "at+jwt"),
				"RFC9068-01 typ AT+JWT":          head("typ", "AT+JWT"),
				"RFC9068-01 typ application/jwt": head("typ", "application/jwt"),
				"RFC9068-01 typ application/at":  head("typ", "APPLICATION/at+jwt"),
				"JWT-13 keys that are unread":    change(openidtest.Header("jku", 1), openidtest.Header("x5u", "https://evil.example/"), openidtest.Header("jwk", "x"), openidtest.Header("x5c", nil)),
				"unknown members":                head("whatever", map[string]any{"a": 1}),
			} {
				t.Run(name, func(t *testing.T) {
					if _, err := s.verifier.Verify(t.Context(), s.token(changes...)); err != nil {
						t.Error(err)
					}
				})
			}
			if after := s.issuer.Requests(); after != before {
				t.Errorf("requests went from %+v to %+v", before, after)
			}
		})
	}
}

// Row "kid / x5t" of the table of tokens.
func TestTokens_KeyID(t *testing.T) {
	kid := func(value any) []openidtest.Claim {
		return change(openidtest.Header("kid", value), openidtest.WithoutHeader("x5t"))
	}
	x5t := func(value any) []openidtest.Claim {
		return change(openidtest.WithoutHeader("kid"), openidtest.Header("x5t", value))
	}
	refuseAll(t, flavours, []refusal{
		{id: "JWT-12", name: "neither", changes: change(openidtest.WithoutHeader("kid", "x5t")), want: openid.ErrMalformed},
		{id: "JWT-12", name: "kid empty", changes: kid(""), want: openid.ErrMalformed},
		{id: "JWT-12", name: "kid null", changes: kid(nil), want: openid.ErrMalformed},
		{id: "JWT-12", name: "kid a number", changes: kid(1), want: openid.ErrMalformed},
		{id: "JWT-12", name: "kid of 257 bytes", changes: kid(strings.Repeat("k", 257)), want: openid.ErrMalformed},
		{id: "JWT-12", name: "x5t empty", changes: x5t(""), want: openid.ErrMalformed},
		{id: "JWT-12", name: "x5t of 257 bytes", changes: x5t(strings.Repeat("k", 257)), want: openid.ErrMalformed},
		{id: "JWT-12", name: "kid empty beside a good x5t", changes: change(openidtest.Header("kid", "")), want: openid.ErrMalformed},
		// The first unknown one is worth a look, the others within five minutes are not.
		{id: "JWT-12", name: "kid unknown", changes: kid("unknown"), want: openid.ErrUnknownKey, wantFetches: 1},
		{id: "JWT-12", name: "kid unknown once more", changes: kid("unknown"), want: openid.ErrUnknownKey},
		{id: "JWT-12", name: "kid of 256 bytes", changes: kid(strings.Repeat("k", 256)), want: openid.ErrUnknownKey},
		{id: "JWT-12", name: "kid a path", changes: kid("../../../../etc/passwd"), want: openid.ErrUnknownKey},
		{id: "JWT-12", name: "kid a URL", changes: kid("https://evil.example/key"), want: openid.ErrUnknownKey},
		{id: "JWT-12", name: "kid of SQL", changes: kid("x' UNION SELECT 'key'--"), want: openid.ErrUnknownKey},
		{id: "JWT-12", name: "kid of a forged log line", changes: kid("x\nlevel=ERROR msg=forged"), want: openid.ErrUnknownKey},
		{id: "JWT-12", name: "kid unknown beside a good x5t", changes: change(openidtest.Header("kid", "unknown")), want: openid.ErrUnknownKey},
		{id: "JWT-12", name: "x5t unknown", changes: x5t("unknown"), want: openid.ErrUnknownKey},
	})
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, f)
			id := s.issuer.KeyID()
			for name, changes := range map[string][]openidtest.Claim{
				"kid alone":             kid(id),
				"x5t alone":             x5t(id),
				"both":                  change(openidtest.Header("kid", id), openidtest.Header("x5t", id)),
				"kid beside a bad x5t":  change(openidtest.Header("kid", id), openidtest.Header("x5t", "unknown")),
				"kid beside a long kid": change(openidtest.Header("KID", strings.Repeat("k", 1000))),
			} {
				if _, err := s.verifier.Verify(t.Context(), s.token(changes...)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			upper := strings.ToUpper(id)
			if upper == id {
				upper = strings.ToLower(id)
			}
			principal, err := s.verifier.Verify(t.Context(), s.token(kid(upper)...))
			checkRefusal(t, principal, err, openid.ErrUnknownKey, false)
		})
	}
}
