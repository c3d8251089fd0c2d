package openid

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// knownHeaders remember headers of verified tokens as they were encoded: all that one key signs have the same, so that few need to be
// read. What a header says follows from its text alone, so there is nothing here that could grow old.
type knownHeaders [16]atomic.Pointer[knownHeader]

type knownHeader struct {
	segment string
	header  tokenHeader
}

var headerSeed = maphash.MakeSeed()

func (k *knownHeaders) place(segment string) *atomic.Pointer[knownHeader] {
	return &k[maphash.String(headerSeed, segment)%uint64(len(k))]
}

// get answers the header of a segment, or nil.
func (k *knownHeaders) get(segment string) *tokenHeader {
	if known := k.place(segment).Load(); known != nil && known.segment == segment {
		return &known.header
	}
	return nil
}

// put remembers a header in place of another.
func (k *knownHeaders) put(segment string, h tokenHeader) {
	h = tokenHeader{alg: strings.Clone(h.alg), kid: strings.Clone(h.kid), x5t: strings.Clone(h.x5t)}
	k.place(segment).Store(&knownHeader{segment: strings.Clone(segment), header: h})
}
