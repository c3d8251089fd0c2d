package openid_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

const (
	home      = "3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a"
	guest     = "7d1a0b63-7c2f-4e30-8b68-203f4e5d6c7b"
	foreign   = "b1c2d3e4-0f1e-4d2c-8b3a-495867768594"
	consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"
	zero      = "00000000-0000-0000-0000-000000000000"

	alice   = "0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9"
	readers = "c0ffee00-1234-4321-8765-0123456789ab"
	aliceAD = "S-1-5-21-1004336348-1177238915-682003330-1105"
	usersAD = "S-1-5-21-1004336348-1177238915-682003330-513"
)

// now is the clock of every token and verifier here: what a token says of time is compared with nothing else.
var now = time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)

// newKey makes an RSA key with a certificate.
func newKey() tls.Certificate {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signing"}, NotBefore: now, NotAfter: now.AddDate(5, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

// Two keys serve all tests that do not rotate, because RSA keys are slow to make.
var firstKey, secondKey = sync.OnceValue(newKey), sync.OnceValue(newKey)

// A flavour is a kind of authority and how a verifier is set up for it.
type flavour struct {
	name    string
	config  openidtest.Config
	path    string   // in place of the tenant: common or organizations
	tenants []string // VerifierConfig.Tenants
	oid     string
	group   string
}

var (
	entraV1      = flavour{name: "Entra v1", config: openidtest.Config{Type: openid.EntraV1, Tenant: home}, oid: alice, group: readers}
	entraV1Many  = flavour{name: "Entra v1 common", config: openidtest.Config{Type: openid.EntraV1, Tenant: home}, path: "common", tenants: []string{home, guest}, oid: alice, group: readers}
	entraV2      = flavour{name: "Entra v2", config: openidtest.Config{Type: openid.EntraV2, Tenant: home}, oid: alice, group: readers}
	entraV2Orgs  = flavour{name: "Entra v2 organizations", config: openidtest.Config{Type: openid.EntraV2, Tenant: home}, path: "organizations", tenants: []string{home, guest}, oid: alice, group: readers}
	entraV2Many  = flavour{name: "Entra v2 common", config: openidtest.Config{Type: openid.EntraV2, Tenant: home}, path: "common", tenants: []string{home, guest}, oid: alice, group: readers}
	adfs         = flavour{name: "AD FS", config: openidtest.Config{Type: openid.ADFS}, oid: aliceAD, group: usersAD}
	adfsTenanted = flavour{name: "AD FS with a tenant", config: openidtest.Config{Type: openid.ADFS, Tenant: home}, oid: aliceAD, group: usersAD}

	entra    = []flavour{entraV1, entraV1Many, entraV2, entraV2Orgs, entraV2Many}
	many     = []flavour{entraV1Many, entraV2Orgs, entraV2Many}
	adfsBoth = []flavour{adfs, adfsTenanted}
	flavours = slices.Concat(entra, adfsBoth)
)

// rsaFlavours are the flavours with the keys of the real providers.
func rsaFlavours() []flavour {
	var all []flavour
	for _, f := range flavours {
		all = append(all, withRSA(f))
	}
	return all
}

// withRSA makes f sign with RS256, as Entra ID and AD FS do.
func withRSA(f flavour) flavour {
	f.config.Algorithm, f.config.Keys = "RS256", []tls.Certificate{firstKey()}
	return f
}

// A site is an issuer and a verifier that trusts it and has its keys.
type site struct {
	flavour
	issuer   *openidtest.Issuer
	provider *openid.Provider
	verifier *openid.Verifier
	clock    func() time.Time

	providerConfig openid.ProviderConfig
	verifierConfig openid.VerifierConfig // without the provider
}

// newSite starts a site, whose clock stands still at now, and waits until it is ready. The edits change the configuration first.
func newSite(t testing.TB, f flavour, edits ...func(*openid.ProviderConfig, *openid.VerifierConfig)) *site {
	t.Helper()
	config := f.config
	config.Now = func() time.Time { return now }
	if config.Algorithm == "" {
		config.Algorithm = "ES256" // a table signs hundreds of tokens, and RSA is slow at that
	}
	s := startSite(t, f, config, edits)
	awaitReady(t, s.verifier)
	return s
}

func startSite(t testing.TB, f flavour, config openidtest.Config, edits []func(*openid.ProviderConfig, *openid.VerifierConfig)) *site {
	t.Helper()
	s := &site{flavour: f, issuer: openidtest.NewFor(t, config), clock: config.Now}
	providerConfig := s.issuer.ProviderConfig()
	if f.path != "" {
		providerConfig.Authority = s.issuer.AuthorityOf(f.path)
	}
	verifierConfig := openid.VerifierConfig{Audiences: []string{s.issuer.Audience()}, Tenants: f.tenants, Now: config.Now}
	for _, edit := range edits {
		edit(&providerConfig, &verifierConfig)
	}
	s.providerConfig, s.verifierConfig = providerConfig, verifierConfig
	s.start(t)
	return s
}

func (s *site) start(t testing.TB) {
	t.Helper()
	s.provider = newProvider(t, s.providerConfig)
	config := s.verifierConfig
	config.Providers = append(config.Providers[:len(config.Providers):len(config.Providers)], s.provider)
	s.verifier = newVerifier(t, config)
}

// restart ends the provider and starts another one in its place, as a program does that is started anew.
func (s *site) restart(t testing.TB, edits ...func(*openid.ProviderConfig)) {
	t.Helper()
	s.provider.Close()
	for _, edit := range edits {
		edit(&s.providerConfig)
	}
	s.start(t)
}

func newProvider(t testing.TB, config openid.ProviderConfig) *openid.Provider {
	t.Helper()
	p, err := openid.NewProvider(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func newVerifier(t testing.TB, config openid.VerifierConfig) *openid.Verifier {
	t.Helper()
	v, err := openid.NewVerifier(config)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func awaitReady(t testing.TB, v *openid.Verifier) {
	t.Helper()
	for v.Ready() != nil {
		select {
		case <-time.After(time.Millisecond):
		case <-t.Context().Done():
			t.Fatal(v.Ready())
		}
	}
}

// user is a user of the site.
func (s *site) user() openidtest.Claim { return openidtest.User(s.oid, s.group) }

// token is the user's token, changed.
func (s *site) token(changes ...openidtest.Claim) string { return s.issuer.Token(s.user(), changes...) }

// fetches is how many times metadata was asked for.
func (s *site) fetches() int { return s.issuer.Requests().Metadata }

// reasons are all the reasons for a refusal.
var reasons = []error{
	openid.ErrMalformed, openid.ErrAlgorithm, openid.ErrIssuer, openid.ErrUnknownKey, openid.ErrSignature, openid.ErrKeyIssuer,
	openid.ErrClaims, openid.ErrExpired, openid.ErrNotYetValid, openid.ErrAudience, openid.ErrTenant, openid.ErrTokenType,
	openid.ErrIdentity, openid.ErrUnavailable,
}

// A refusal is a row of a table of tokens that are refused.
type refusal struct {
	id   string // of the requirement, "" when none fits
	name string
	// changes are made before signing, edit after.
	changes []openidtest.Claim
	edit    func(token string) string
	want    error
	// wantVerified says that the signature verifies, so that the error is about a claim that the issuer signed.
	wantVerified bool
	wantFetches  int
}

// change is a row's changes.
func change(changes ...openidtest.Claim) []openidtest.Claim { return changes }

// refuse runs the table. Every row starts from a token that is good.
func (s *site) refuse(t *testing.T, rows []refusal) {
	t.Helper()
	plain := s.withoutCache(t)
	if _, err := s.verifier.Verify(t.Context(), s.token()); err != nil {
		t.Fatalf("the token that the table starts from: %v", err)
	}
	for _, row := range rows {
		t.Run(strings.TrimSpace(row.id+" "+row.name), func(t *testing.T) {
			token := s.token(row.changes...)
			if row.edit != nil {
				token = row.edit(token)
			}
			before := s.issuer.Requests()
			principal, err := s.verifier.Verify(t.Context(), token)
			after := s.issuer.Requests()
			if after.Metadata-before.Metadata != row.wantFetches || after.Keys-before.Keys != row.wantFetches {
				t.Errorf("requests went from %+v to %+v, want %d more of each", before, after, row.wantFetches)
			}
			checkRefusal(t, principal, err, row.want, row.wantVerified)
			if again, err := s.verifier.Verify(t.Context(), token); again != nil || !errors.Is(err, row.want) {
				t.Errorf("shown again, the token is answered by %+v, %v", again, err)
			}
			principal, plainErr := plain.Verify(t.Context(), token)
			checkRefusal(t, principal, plainErr, row.want, row.wantVerified)
			for what, claim := range map[string]string{"object id": s.oid, "group": s.group} {
				if strings.Contains(err.Error(), claim) {
					t.Errorf("the text holds the %s: %q", what, err)
				}
			}
		})
	}
}

// refuseAll runs the table for each flavour.
func refuseAll(t *testing.T, flavours []flavour, rows []refusal) {
	t.Helper()
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			newSite(t, f).refuse(t, rows)
		})
	}
}

// withoutCache makes a verifier of the same configuration and providers that remembers no tokens.
func (s *site) withoutCache(t testing.TB) *openid.Verifier {
	t.Helper()
	config := s.verifierConfig
	config.Providers, config.Tenants, config.MaxCachedTokens = s.verifier.Providers(), s.verifier.Tenants(), openid.NoCache
	return newVerifier(t, config)
}

// checkRefusal asserts what holds for every refusal: there is no principal, the error is a TokenError with exactly one reason, and no
// claim stands in it unless the signature has verified.
func checkRefusal(t testing.TB, principal *openid.Principal, err, want error, wantVerified bool) {
	t.Helper()
	if principal != nil {
		t.Errorf("a principal was returned: %+v", principal)
	}
	if err == nil {
		t.Fatalf("accepted, want %v", want)
	}
	var refused *openid.TokenError
	if !errors.As(err, &refused) {
		t.Fatalf("error %v is a %T, want a *TokenError", err, err)
	}
	for _, reason := range reasons {
		if errors.Is(err, reason) != (reason == want) {
			t.Errorf("error %q, want %q", err, want)
			break
		}
	}
	if refused.Verified != wantVerified {
		t.Errorf("Verified is %t, want %t (%v)", refused.Verified, wantVerified, err)
	}
	if refused.Authority == "" {
		t.Error("Authority is empty")
	}
	if len(err.Error()) > 1000 || strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("the text is not fit for a log: %q", err)
	}
	if (refused.RetryAfter != 0) != (want == openid.ErrUnavailable) {
		t.Errorf("RetryAfter is %v with %v", refused.RetryAfter, want)
	}
	if !wantVerified && (refused.Issuer != "" || refused.Tenant != "" || refused.ObjectID != "") {
		t.Errorf("claims of an unverified token: %q, %q, %q", refused.Issuer, refused.Tenant, refused.ObjectID)
	}
	if wantVerified && (refused.Issuer == "") != (want == openid.ErrMalformed) { // what has no claims has no issuer
		t.Errorf("Issuer of a verified token is %q with %v", refused.Issuer, want)
	}
	if want != openid.ErrAudience && (refused.Audience != "" || refused.ExpectedAudiences != nil) {
		t.Errorf("Audience %q, ExpectedAudiences %q", refused.Audience, refused.ExpectedAudiences)
	}
	if want != openid.ErrExpired && (!refused.Expires.IsZero() || !refused.Now.IsZero()) {
		t.Errorf("Expires %v, Now %v", refused.Expires, refused.Now)
	}
}

// header, payload and signature take a token apart for surgery; glue puts it together.
func segments(token string) (header, payload, signature string) {
	parts := strings.Split(token, ".")
	return decode(parts[0]), decode(parts[1]), decode(parts[2])
}

func glue(header, payload, signature string) string {
	return encode(header) + "." + encode(payload) + "." + encode(signature)
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func decode(s string) string {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// newSiteInBubble starts a site in a testing/synctest bubble: its clock is the bubble's, and its keys are quick to make.
func newSiteInBubble(t testing.TB, f flavour, edits ...func(*openid.ProviderConfig, *openid.VerifierConfig)) *site {
	t.Helper()
	config := f.config
	config.Algorithm = "ES256"
	return startSite(t, f, config, edits)
}
