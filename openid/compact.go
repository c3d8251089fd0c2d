package openid

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// A compactToken is a JWS in compact serialization (RFC 7515, section 7.1), taken apart but not believed.
type compactToken struct {
	signed          string // header and payload as they were signed, with the dot between them
	header, payload string
	signature       []byte // in the scratch
}

// A scratch is what the reading of one token needs only while it lasts.
type scratch struct {
	octets  []byte
	members []jsonMember
	chains  nameChains
	tag     tokenTag
}

var scratches = sync.Pool{New: func() any { return &scratch{members: make([]jsonMember, 0, 64)} }}

// free gives s back, without anything of the token, unless it has become large.
func (s *scratch) free() {
	clear(s.octets)
	s.octets = s.octets[:0]
	clear(s.members)
	s.members = s.members[:0]
	if cap(s.octets) <= defaultMaxTokenBytes && cap(s.members) <= maxMembers {
		scratches.Put(s)
	}
}

// splitCompact takes a token apart. It costs one pass over the token, whatever is in it.
func splitCompact(token string, s *scratch) (compactToken, error) {
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
	s.octets = s.octets[:0]
	var ends [3]int
	for i, segment := range [3]string{header, payload, signature} {
		name := [3]string{"header", "payload", "signature"}[i]
		if segment == "" {
			return compactToken{}, fmt.Errorf("%s is empty", name)
		}
		var err error
		if s.octets, err = appendBase64URL(s.octets, segment); err != nil {
			return compactToken{}, fmt.Errorf("%s: %w", name, err)
		}
		ends[i] = len(s.octets)
	}
	text := string(s.octets[:ends[1]])
	return compactToken{
		signed:    token[:len(header)+1+len(payload)],
		header:    text[:ends[0]],
		payload:   text[ends[0]:],
		signature: s.octets[ends[1]:],
	}, nil
}
