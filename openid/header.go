package openid

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A tokenHeader is what the JOSE header may say. Whoever sent the token wrote it.
type tokenHeader struct {
	alg      string
	kid, x5t string // at most one is set
}

// keyID is the name by which the key is looked up.
func (h tokenHeader) keyID() string {
	if h.kid != "" {
		return h.kid
	}
	return h.x5t
}

// refusedHeaders change how a token has to be read, or show a token of another kind. None is understood here, so none may be
// present (RFC 7515, section 4.1.11; RFC 7797; RFC 7516).
var refusedHeaders = []string{"crit", "b64", "zip", "enc", "cty"}

func readHeader(data string) (tokenHeader, error) {
	var few [8]jsonMember
	object := &jsonObject{members: few[:0]}
	if err := object.read(data); err != nil {
		return tokenHeader{}, err
	}
	for _, name := range refusedHeaders {
		if object.has(name) {
			return tokenHeader{}, fmt.Errorf("%s is not accepted", name)
		}
	}
	if object.has("nonce") {
		return tokenHeader{}, errGraphToken
	}
	var h tokenHeader
	raw, _ := object.get("alg")
	alg, ok := text(raw)
	if !ok {
		return tokenHeader{}, errors.New("alg is missing or not a string")
	}
	h.alg = alg
	if raw, ok := object.get("typ"); ok {
		if typ, ok := text(raw); !ok || !acceptedType(typ) {
			return tokenHeader{}, fmt.Errorf("typ %s is not JWT or at+jwt", clip(raw))
		}
	}
	kid, hasKid, err := headerKeyID(object, "kid")
	if err != nil {
		return tokenHeader{}, err
	}
	x5t, hasX5T, err := headerKeyID(object, "x5t")
	if err != nil {
		return tokenHeader{}, err
	}
	switch {
	case hasKid:
		h.kid = kid // it wins over a contradicting x5t
	case hasX5T:
		h.x5t = x5t
	default:
		return tokenHeader{}, errors.New("neither kid nor x5t")
	}
	return h, nil
}

// errGraphToken: such a token is signed over the hash of its nonce, so no other API can verify it.
var errGraphToken = errors.New("nonce: an access token for Microsoft Graph, which only Microsoft Graph can verify")

func headerKeyID(object *jsonObject, name string) (id string, present bool, err error) {
	raw, present := object.get(name)
	if !present {
		return "", false, nil
	}
	id, ok := text(raw)
	if !ok || id == "" || len(id) > maxKeyIDBytes {
		return "", true, fmt.Errorf("%s is not a string of 1 to %d bytes", name, maxKeyIDBytes)
	}
	return id, true, nil
}

// acceptedType: RFC 8725, section 3.11, in the media-type rules of RFC 7515, section 4.1.9.
func acceptedType(typ string) bool {
	return slices.ContainsFunc([]string{"JWT", "at+jwt", "application/JWT", "application/at+jwt"}, func(accepted string) bool {
		return strings.EqualFold(typ, accepted)
	})
}
