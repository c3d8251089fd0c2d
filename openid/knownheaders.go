package openid

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// knownHeaders remember headers of verified tokens as they were encoded: all that one key signs have the same, so that few need to be
// read. What a header says follows from its text alone, so there is nothing here that could grow old.
//
// A header has two places, so that those of as many keys as providers sign with do not take each other's.
type knownHeaders [64]atomic.Pointer[knownHeader]

type knownHeader struct {
	segment string
	header  tokenHeader
}

var headerSeed = maphash.MakeSeed()

func (k *knownHeaders) places(segment string) (first, second *atomic.Pointer[knownHeader]) {
	hash := maphash.String(headerSeed, segment)
	return &k[hash%uint64(len(k))], &k[(hash>>32)%uint64(len(k))]
}

// get answers the header of a segment, or nil.
func (k *knownHeaders) get(segment string) *tokenHeader {
	first, second := k.places(segment)
	for _, place := range [...]*atomic.Pointer[knownHeader]{first, second} {
		if known := place.Load(); known != nil && known.segment == segment {
			return &known.header
		}
	}
	return nil
}

// put remembers a header, in place of another if it must.
func (k *knownHeaders) put(segment string, h tokenHeader) {
	h = tokenHeader{alg: strings.Clone(h.alg), kid: strings.Clone(h.kid), x5t: strings.Clone(h.x5t)}
	known := &knownHeader{segment: strings.Clone(segment), header: h}
	first, second := k.places(segment)
	if first.Load() != nil && second.CompareAndSwap(nil, known) {
		return
	}
	first.Store(known)
}
