package tokencache

import (
	"encoding/binary"

	"github.com/dgraph-io/ristretto/v2"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/maypok86/otter/v2"
)

// A Tag is what a token is found by.
type Tag [16]byte

// TagOf is the tag of the i-th token, spread like a MAC's.
func TagOf(i uint64) (tag Tag) {
	for half := range uint64(2) { // SplitMix64
		x := (2*i + half + 1) * 0x9e3779b97f4a7c15
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		binary.LittleEndian.PutUint64(tag[8*half:], x^x>>31)
	}
	return tag
}

// An Entry stands for what is remembered of a token.
type Entry struct{ Number uint64 }

// A Cache remembers entries.
type Cache struct {
	Get func(Tag) (*Entry, bool)
	Set func(Tag, *Entry)
	// Settle waits until what was set can be had.
	Settle func()
}

// A Peer is a library in one configuration.
type Peer struct {
	// Name is for the results: no blanks and no slashes.
	Name string
	// Module is the path of the library's module.
	Module string
	// Weighs reports that it can be bounded in bytes.
	Weighs bool
	// New makes a cache for so many entries.
	New func(capacity int) (Cache, error)
}

// Peers returns the candidates: two libraries with an admission policy, one with two queues, and the least that one could write.
func Peers() []Peer {
	return []Peer{
		{"otter", "github.com/maypok86/otter/v2", true, newOtter},
		{"ristretto", "github.com/dgraph-io/ristretto/v2", true, newRistretto},
		{"golang-lru-2q", "github.com/hashicorp/golang-lru/v2", false, newTwoQueues},
		{"map-and-mutex", "", false, newPlain},
	}
}

func newOtter(capacity int) (Cache, error) {
	cache, err := otter.New(&otter.Options[Tag, *Entry]{
		MaximumWeight: uint64(capacity),
		Weigher:       func(Tag, *Entry) uint32 { return 1 },
	})
	if err != nil {
		return Cache{}, err
	}
	return Cache{
		Get:    cache.GetIfPresent,
		Set:    func(tag Tag, entry *Entry) { cache.Set(tag, entry) },
		Settle: cache.CleanUp,
	}, nil
}

func newRistretto(capacity int) (Cache, error) {
	cache, err := ristretto.NewCache(&ristretto.Config[string, *Entry]{
		NumCounters:        10 * int64(capacity), // what its documentation recommends
		MaxCost:            int64(capacity),
		BufferItems:        64,
		IgnoreInternalCost: true,
	})
	if err != nil {
		return Cache{}, err
	}
	return Cache{
		Get:    func(tag Tag) (*Entry, bool) { return cache.Get(string(tag[:])) },
		Set:    func(tag Tag, entry *Entry) { cache.Set(string(tag[:]), entry, 1) },
		Settle: cache.Wait,
	}, nil
}

func newTwoQueues(capacity int) (Cache, error) {
	cache, err := lru.New2Q[Tag, *Entry](capacity)
	if err != nil {
		return Cache{}, err
	}
	return Cache{Get: cache.Get, Set: cache.Add, Settle: func() {}}, nil
}
