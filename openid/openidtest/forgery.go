package openidtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"hubgate.example/openid"
)

// Forgeries yields tokens that a verifier as Verifier returns it refuses, each under a name that stays the same from
// release to release. Each is the token that Token(who, more...) would be, but for one thing: who signed it, when, for whom,
// or what it is. An API whose own test sends them all and wants 401 for each leaves no door open that is known to have been
// left open before.
//
// A token that names a key that is not published costs the verifier's provider a fetch. A verifier that accepts any tenant
// accepts "of another tenant". With RawHeader, RawPayload, Algorithm or another alg in the header there is nothing left to
// forge, which is an error.
func (i *Issuer) Forgeries(who Claim, more ...Claim) iter.Seq2[string, string] {
	return func(yield func(name, token string) bool) {
		i.helper()
		forgeries, err := i.forge(who, more)
		if err != nil {
			i.fatal(err)
		}
		for _, f := range forgeries {
			if !yield(f.name, f.token) {
				return
			}
		}
	}
}

type forgery struct{ name, token string }

// forge makes the tokens of Forgeries.
func (i *Issuer) forge(who Claim, more []Claim) ([]forgery, error) {
	// mint makes the genuine token but for what further claims change.
	mint := func(further ...Claim) (string, error) { return i.Mint(who, slices.Concat(more, further)...) }

	d, err := i.draft(who, more)
	if err != nil {
		return nil, err
	}
	if d.rawHeader != nil || d.rawPayload != nil || d.algorithm != i.algorithm || d.header["alg"] != i.algorithm {
		return nil, errors.New("openidtest: Forgeries: RawHeader, RawPayload and another algorithm leave nothing to forge")
	}
	genuine, err := d.sign()
	if err != nil {
		return nil, err
	}
	header, payload, signature := split(genuine)
	another, err := mint(With("oid", derivedGUID("somebody else")))
	if err != nil {
		return nil, err
	}
	_, otherPayload, _ := split(another)
	otherHeader := slices.Concat([]byte(`{"more":1,`), header[1:])
	unsigned := bytes.Replace(header, []byte(`"alg":"`+i.algorithm), []byte(`"alg":"none`), 1)
	forgeries := []forgery{
		{"claims changed after signing", join(header, otherPayload, signature)},
		{"header changed after signing", join(otherHeader, payload, signature)},
		{"signature cut short", join(header, payload, signature[1:])},
		{"signature left out", join(header, payload, nil)},
		{"alg none with a genuine signature", join(unsigned, payload, signature)},
		{"encrypted", join([]byte(`{"alg":"RSA-OAEP","enc":"A256GCM"}`), payload, payload, payload, signature)},
	}

	foreign, err := i.generateKey()
	if err != nil {
		return nil, err
	}
	for _, a := range i.alterations(foreign, header, payload) {
		token, err := mint(a.claims...)
		if err != nil {
			return nil, err
		}
		forgeries = append(forgeries, forgery{a.name, token})
	}

	// Signatures for Microsoft Graph cover the hash of the nonce that the header has, so that nobody else can verify them.
	nonce := rand.Text()
	hash := sha256.Sum256([]byte(nonce))
	graph, err := mint(Header("nonce", encode(hash[:])))
	if err != nil {
		return nil, err
	}
	header, payload, signature = split(graph)
	header = bytes.Replace(header, []byte(encode(hash[:])), []byte(nonce), 1)
	return append(forgeries, forgery{"for Microsoft Graph", join(header, payload, signature)}), nil
}

// split decodes the segments of a token.
func split(token string) (header, payload, signature []byte) {
	var decoded [3][]byte
	for n, segment := range strings.Split(token, ".") {
		decoded[n], _ = base64.RawURLEncoding.DecodeString(segment) // never fails: the issuer encoded it
	}
	return decoded[0], decoded[1], decoded[2]
}

// join encodes segments to a token.
func join(segments ...[]byte) string {
	var encoded []string
	for _, segment := range segments {
		encoded = append(encoded, encode(segment))
	}
	return strings.Join(encoded, ".")
}

// An alteration turns a genuine token into a forged one.
type alteration struct {
	name   string
	claims []Claim
}

// alterations returns what is changed before signing. header and payload are those of a genuine token.
func (i *Issuer) alterations(foreign *key, header, payload []byte) []alteration {
	now := i.now()
	private := foreign.certificate.PrivateKey
	public := foreign.jwk(openid.EntraV1, i.algorithm, "")
	another := derivedGUID("another tenant")
	byForeign := func(claims ...Claim) []Claim { return append(claims, SignedWith(private)) }
	named := func(claims ...Claim) []Claim {
		return byForeign(append(claims, Header("kid", foreign.id), Header("x5t", foreign.id))...)
	}

	all := []alteration{
		{"signed with another key", byForeign()},
		{"signed with a key that is not published", named()},
		{"key in the header as jwk", named(Header("jwk", public))},
		{"key in the header as x5c", named(Header("x5c", public["x5c"]))},
		{"key in the header as jku", named(Header("jku", "https://attacker.example/keys"))},
		{"key in the header as x5u", named(Header("x5u", "https://attacker.example/certificate"))},
		{"names no key", []Claim{WithoutHeader("kid", "x5t")}},
		{"alg none", []Claim{Algorithm("none")}},
		{"alg None", []Claim{Algorithm("None")}},
		{"alg NONE", []Claim{Algorithm("NONE")}},
		{"alg nOnE", []Claim{Algorithm("nOnE")}},
		{"alg left out", []Claim{WithoutHeader("alg")}},
		{"alg twice", []Claim{RawHeader(slices.Concat([]byte(`{"alg":"none",`), header[1:]))}},
		{"typ of a logout token", []Claim{Header("typ", "logout+jwt")}},
		{"critical extension", []Claim{Header("crit", []string{"exp"}), Header("exp", now.Add(time.Hour).Unix())}},
		{"payload said not to be encoded", []Claim{Header("crit", []string{"b64"}), Header("b64", false)}},
		{"payload said to be compressed", []Claim{Header("zip", "DEF")}},

		{"expired", []Claim{IssuedAt(now.Add(-2 * time.Hour))}},
		{"without exp", []Claim{Without("exp")}},
		{"not valid yet", []Claim{NotBefore(now.Add(time.Hour)), Expires(now.Add(2 * time.Hour))}},
		{"issued in the future", []Claim{IssuedAt(now.Add(time.Hour)), NotBefore(now)}},

		{"for another audience", []Claim{Audience("https://another.example")}},
		{"for the audience and a slash", []Claim{audienceAndSlash()}},
		{"without audience", []Claim{Without("aud")}},
		{"from another issuer", []Claim{With("iss", "https://another.example/")}},
		{"from the issuer and a slash", []Claim{issuerAndSlash()}},
		{"without issuer", []Claim{Without("iss")}},
		{"of another tenant", []Claim{Tenant(another)}},

		{"an ID token", []Claim{idTokenForAPI()}},
		{"bound to a proof of possession", []Claim{With("cnf", map[string]any{"jwk": public})}},
		{"without object id", []Claim{Without(openid.ADFSClaimNames().ObjectID...)}},
		{"with the zero object id", []Claim{With("oid", "00000000-0000-0000-0000-000000000000")}},
		{"object id twice", []Claim{RawPayload(slices.Concat([]byte(`{"oid":"`+another+`",`), payload[1:]))}},
		{"more after the claims", []Claim{RawPayload(slices.Concat(payload, []byte(`{}`)))}},
	}
	for _, secret := range i.publicSecrets() {
		all = append(all, alteration{"HS256 with " + secret.name, []Claim{Algorithm("HS256"), SignedWith(secret.bytes)}})
	}
	if kid := i.consumerKeyID(); kid != "" && i.typ == openid.EntraV2 {
		all = append(all, alteration{"signed with a key for consumer accounts", []Claim{SignedBy(kid)}})
	}
	if i.typ != openid.ADFS {
		version := "1.0"
		if i.typ == openid.EntraV1 {
			version = "2.0"
		}
		all = append(all,
			alteration{"tid of another tenant", []Claim{With("tid", another)}},
			alteration{"issuer of another tenant", []Claim{With("iss", i.issuerOf(i.typ, another))}},
			alteration{"of the consumers' tenant", []Claim{Tenant(consumers)}},
			alteration{"without tid", []Claim{Without("tid")}},
			alteration{"of the other version", []Claim{With("ver", version)}},
		)
	}
	return all
}

// audienceAndSlash is a client's guess at the audience that is off by its last character.
func audienceAndSlash() Claim {
	return Claim{func(d *draft) error {
		aud, _ := d.claims["aud"].(string)
		d.claims["aud"] = aud + "/"
		return nil
	}}
}

func issuerAndSlash() Claim {
	return Claim{func(d *draft) error {
		iss, _ := d.claims["iss"].(string)
		if trimmed, ok := strings.CutSuffix(iss, "/"); ok {
			d.claims["iss"] = trimmed
		} else {
			d.claims["iss"] = iss + "/"
		}
		return nil
	}}
}

// idTokenForAPI is an ID token whose client is the API itself, so that the audience does not give it away.
func idTokenForAPI() Claim {
	return Claim{func(d *draft) error {
		audience := d.claims["aud"]
		err := IDToken().apply(d)
		d.claims["aud"] = audience
		return err
	}}
}

type secret struct {
	name  string
	bytes []byte
}

// publicSecrets are the forms of the published key that libraries have been made to take for an HMAC secret (RFC 8725
// section 2.1).
func (i *Issuer) publicSecrets() []secret {
	certificate := i.Key().Leaf
	der, _ := x509.MarshalPKIXPublicKey(certificate.PublicKey) // fails for keys that newKey refuses
	spki := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	secrets := []secret{
		{"the public key in PEM", spki},
		{"the public key in PEM without its last line break", spki[:len(spki)-1]},
		{"the public key in DER", der},
		{"the certificate in PEM", cert},
		{"the certificate in DER", certificate.Raw},
		{"the certificate as in x5c", []byte(base64.StdEncoding.EncodeToString(certificate.Raw))},
		{"an empty secret", []byte{}},
	}
	switch public := certificate.PublicKey.(type) {
	case *rsa.PublicKey:
		pkcs1 := x509.MarshalPKCS1PublicKey(public)
		secrets = append(secrets,
			secret{"the public key in PKCS #1 PEM", pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1})},
			secret{"the public key in PKCS #1 DER", pkcs1},
			secret{"the modulus", public.N.Bytes()},
			secret{"the modulus as in n", []byte(encode(public.N.Bytes()))},
			secret{"the modulus in decimal digits", []byte(public.N.String())},
		)
	case *ecdsa.PublicKey:
		point, _ := public.Bytes()
		secrets = append(secrets, secret{"the curve point", point})
	}
	return secrets
}
