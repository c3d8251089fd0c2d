package openid

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// A compactToken is a JWS in compact serialization (RFC 7515, section 7.1), taken apart but not believed.
type compactToken struct {
	signed          string // header and payload as they were signed, with the dot between them
	header, payload []byte
	signature       []byte
}

// splitCompact takes a token apart. It costs one pass over the token, whatever is in it.
func splitCompact(token string) (compactToken, error) {
	header, rest, ok1 := strings.Cut(token, ".")
	payload, signature, ok2 := strings.Cut(rest, ".")
	switch {
	case !ok1 || !ok2:
		return compactToken{}, errors.New("not three segments")
	case strings.Count(signature, ".") == 2:
		return compactToken{}, errors.New("five segments: an encrypted token (JWE)")
	case strings.Contains(signature, "."):
		return compactToken{}, errors.New("more than three segments")
	}
	t := compactToken{signed: token[:len(header)+1+len(payload)]}
	for _, segment := range []struct {
		name string
		text string
		to   *[]byte
	}{{"header", header, &t.header}, {"payload", payload, &t.payload}, {"signature", signature, &t.signature}} {
		if segment.text == "" {
			return compactToken{}, fmt.Errorf("%s is empty", segment.name)
		}
		octets, err := decodeSegment(segment.text)
		if err != nil {
			return compactToken{}, fmt.Errorf("%s: %w", segment.name, err)
		}
		*segment.to = octets
	}
	return t, nil
}

var strictBase64URL = base64.RawURLEncoding.Strict()

// decodeSegment decodes base64url as RFC 7515, section 2 has it: no padding, no other characters, no stray bits. The standard
// library alone would skip CR and LF.
func decodeSegment(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("line break in base64url")
	}
	octets, err := strictBase64URL.DecodeString(s)
	if err != nil {
		return nil, errors.New("not strict base64url")
	}
	return octets, nil
}
