package openidtest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"hubgate.example/openid"
)

// A Claim changes a token that is about to be signed. Claims apply in order, so that a later one wins.
type Claim struct {
	apply func(*draft) error
}

// A draft is a token before it is signed.
type draft struct {
	issuer   *Issuer
	tenant   string
	issuedAt time.Time
	header   map[string]any
	claims   map[string]any

	rawHeader, rawPayload []byte // replace header and claims when not nil

	algorithm string
	key       any // what golang-jwt signs with
}

// Token returns a signed access token for who, one of User, Guest, ServicePrincipal and ManagedIdentity, changed by the
// others. A claim that cannot be is the end of the test; an issuer without a test panics. Mint returns the error instead.
func (i *Issuer) Token(who Claim, more ...Claim) string {
	i.helper()
	token, err := i.Mint(who, more...)
	if err != nil {
		i.fatal(err)
	}
	return token
}

// Mint is Token for programs: it returns the error.
func (i *Issuer) Mint(who Claim, more ...Claim) (string, error) {
	d, err := i.draft(who, more)
	if err != nil {
		return "", err
	}
	return d.sign()
}

// Sign signs claims as they are with the current key, for tokens of other kinds. The header says typ, alg and the key, as
// the issuer's type does; members of header replace these or are added.
func (i *Issuer) Sign(claims, header map[string]any) (string, error) {
	d := i.newDraft()
	d.claims = claims
	maps.Copy(d.header, header)
	return d.sign()
}

// newDraft holds what every token of the issuer has in common.
func (i *Issuer) newDraft() *draft {
	i.mu.Lock()
	k := i.signing
	i.mu.Unlock()
	d := &draft{
		issuer:    i,
		header:    map[string]any{"typ": "JWT", "alg": i.algorithm},
		algorithm: i.algorithm,
	}
	d.signWith(k)
	d.claims = map[string]any{"aud": i.audience, "ver": "1.0"}
	d.setIssuedAt(i.now())
	if i.typ == openid.ADFS {
		d.claims["iss"] = i.AccessTokenIssuer()
		return d
	}
	if i.typ == openid.EntraV2 {
		d.claims["ver"] = "2.0"
	}
	d.setTenant(i.tenant)
	d.claims["uti"] = rand.Text()[:22]
	d.claims["rh"] = "0." + rand.Text() + "."
	d.claims["aio"] = rand.Text() + rand.Text()
	return d
}

// draft applies claims to a new draft.
func (i *Issuer) draft(who Claim, more []Claim) (*draft, error) {
	d := i.newDraft()
	for _, c := range append([]Claim{who}, more...) {
		if c.apply == nil {
			continue // the zero Claim changes nothing
		}
		if err := c.apply(d); err != nil {
			return nil, fmt.Errorf("openidtest: %w", err)
		}
	}
	return d, nil
}

// signWith signs with k and names it, as the issuer's type does: v2 tokens have no x5t.
func (d *draft) signWith(k *key) {
	d.key = k.certificate.PrivateKey
	d.header["kid"] = k.id
	if d.issuer.typ != openid.EntraV2 {
		d.header["x5t"] = k.id
	}
}

// setTenant makes the token one of this tenant.
func (d *draft) setTenant(tenant string) {
	i := d.issuer
	home := i.issuerOf(openid.EntraV1, d.tenant)
	d.tenant = tenant
	d.claims["tid"] = tenant
	if i.typ == openid.ADFS {
		return
	}
	d.claims["iss"] = i.issuerOf(i.typ, tenant)
	if d.claims["idp"] == home {
		d.claims["idp"] = i.issuerOf(openid.EntraV1, tenant)
	}
}

// setIssuedAt makes it a token that was issued at t and lives for an hour.
func (d *draft) setIssuedAt(t time.Time) {
	d.issuedAt = t
	d.claims["iat"], d.claims["nbf"], d.claims["exp"] = t.Unix(), t.Unix(), t.Add(time.Hour).Unix()
	if d.issuer.typ == openid.ADFS {
		// In access tokens AD FS writes it as text, not as a number.
		d.claims["auth_time"] = t.UTC().Format("2006-01-02T15:04:05.000Z")
	}
}

// applicationClaim is the claim that holds the client application's id.
func (d *draft) applicationClaim() string {
	if d.issuer.typ == openid.EntraV2 {
		return "azp"
	}
	return "appid"
}

func (d *draft) sign() (string, error) {
	header, payload := d.rawHeader, d.rawPayload
	var err error
	if header == nil {
		if header, err = json.Marshal(d.header); err != nil {
			return "", fmt.Errorf("openidtest: header: %w", err)
		}
	}
	if payload == nil {
		if payload, err = json.Marshal(d.claims); err != nil {
			return "", fmt.Errorf("openidtest: claims: %w", err)
		}
	}
	text := encode(header) + "." + encode(payload)
	signature, err := sign(d.algorithm, text, d.key)
	if err != nil {
		return "", fmt.Errorf("openidtest: signature: %w", err)
	}
	return text + "." + encode(signature), nil
}
