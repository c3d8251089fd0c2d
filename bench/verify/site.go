package verify

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// Tenant is the directory tenant of every site, and ObjectID the principal of its tokens.
const (
	Tenant   = "9e4b5c1d-6f2a-4f8e-8d11-3a5b7c9d0e2f"
	ObjectID = "3f0d8a52-7b1c-4e6f-9a2d-5c8e7f1b4d60"
)

// Leeway is the clock skew that every peer allows whose leeway can be set: see [Peer.FixedLeeway].
const Leeway = 5 * time.Minute

// A Site is what every peer is set up for: an Entra ID that issues v1 tokens, with one RSA key of 2048 bits.
type Site struct {
	*openidtest.Issuer

	providers []*openid.Provider
}

// NewSite makes a site with a new key. Close ends what its peers have started.
func NewSite() (*Site, error) {
	issuer, err := openidtest.New(openidtest.Config{Type: openid.EntraV1, Tenant: Tenant})
	if err != nil {
		return nil, err
	}
	return &Site{Issuer: issuer}, nil
}

// Close closes the providers of the site.
func (s *Site) Close() error {
	var errs []error
	for _, provider := range s.providers {
		errs = append(errs, provider.Close())
	}
	return errors.Join(append(errs, s.Issuer.Close())...)
}

// PublicKey returns the key that signs the tokens.
func (s *Site) PublicKey() *rsa.PublicKey { return s.Key().Leaf.PublicKey.(*rsa.PublicKey) }

// guid returns a GUID that is always the same for a name.
func guid(name string) string {
	digest := sha256.Sum256([]byte(name))
	h := hex.EncodeToString(digest[:16])
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

// Groups returns the ids of n groups.
func Groups(n int) []string {
	groups := make([]string, n)
	for i := range groups {
		groups[i] = guid(fmt.Sprint("group ", i))
	}
	return groups
}

// Mint returns a token of a user in so many groups, which lives for a day. With 5 groups it has about 2.4 KB and with 200 about 12.5 KB:
// it carries claims that nobody reads, as Entra ID's do.
func (s *Site) Mint(groups int, more ...openidtest.Claim) (string, error) {
	claims := append([]openidtest.Claim{openidtest.Lifetime(24 * time.Hour)}, unread()...)
	return s.Issuer.Mint(openidtest.User(ObjectID, Groups(groups)...), append(claims, more...)...)
}

// unread are claims that nobody reads.
func unread() []openidtest.Claim {
	var claims []openidtest.Claim
	for _, name := range []string{"ipaddr", "onprem_sid", "puid", "wids", "xms_ftd"} {
		claims = append(claims, openidtest.With(name, strings.Repeat("x", 80)))
	}
	return claims
}

// Limit returns the verification of the signature of one token, and nothing else.
func (s *Site) Limit(token string) (func() error, error) {
	last := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[last+1:])
	if err != nil {
		return nil, err
	}
	key, signed := s.PublicKey(), []byte(token[:last])
	return func() error {
		digest := sha256.Sum256(signed)
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
	}, nil
}

// NewVerifier returns Hubgate's verifier for the site, ready for its first token.
func (s *Site) NewVerifier(maxCachedTokens int) (*openid.Verifier, error) {
	provider, err := openid.NewProvider(s.ProviderConfig())
	if err != nil {
		return nil, err
	}
	s.providers = append(s.providers, provider)
	verifier, err := openid.NewVerifier(openid.VerifierConfig{
		Providers:       []*openid.Provider{provider},
		Audiences:       []string{s.Audience()},
		MaxCachedTokens: maxCachedTokens,
	})
	if err != nil {
		return nil, err
	}
	return verifier, Await(verifier)
}

// Await waits until a verifier is ready.
func Await(verifier *openid.Verifier) error {
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if err := verifier.Ready(); err == nil || time.Now().After(until) {
			return err
		}
	}
}
