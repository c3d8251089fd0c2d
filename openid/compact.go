package openid

import (
	"crypto/sha512"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// A compactToken is a JWS in compact serialization (RFC 7515, section 7.1), taken apart but not believed.
type compactToken struct {
	signed          string // header and payload as they were signed, with the dot between them
	segment         string // the header as it was signed
	known           *tokenHeader
	header, payload string // no header where it is known
	signature       []byte // in the scratch
	digest          []byte // room for that of signed, in the scratch
}

// A scratch is what the reading of one token needs only while it lasts.
type scratch struct {
	octets []byte
	claims jsonObject
	tag    tokenTag
	digest [sha512.Size]byte
}

var scratches = sync.Pool{New: func() any { return &scratch{claims: jsonObject{members: make([]jsonMember, 0, maxChained)}} }}

// free gives s back, without anything of the token, unless it has become large.
func (s *scratch) free() {
	s.tag = tokenTag{}
	if len(s.octets) > 0 { // more than the tag was needed
		s.digest = [sha512.Size]byte{}
		clear(s.octets)
		s.octets = s.octets[:0]
		s.claims.reset()
	}
	if cap(s.octets) <= defaultMaxTokenBytes && cap(s.claims.members) <= maxMembers {
		scratches.Put(s)
	}
}

// splitCompact takes a token apart. It costs one pass over the token, whatever is in it.
func splitCompact(token string, headers *knownHeaders, s *scratch) (compactToken, error) {
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
	known := headers.get(header)
	s.octets = s.octets[:0]
	var ends [3]int
	for i, segment := range [3]string{header, payload, signature} {
		name := [3]string{"header", "payload", "signature"}[i]
		if segment == "" {
			return compactToken{}, fmt.Errorf("%s is empty", name)
		}
		if i == 0 && known != nil {
			continue
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
		segment:   header,
		known:     known,
		header:    text[:ends[0]],
		payload:   text[ends[0]:],
		signature: s.octets[ends[1]:],
		digest:    s.digest[:0],
	}, nil
}

// readHeader answers what the header says.
func (t *compactToken) readHeader() (tokenHeader, error) {
	if t.known != nil {
		return *t.known, nil
	}
	return readHeader(t.header)
}
