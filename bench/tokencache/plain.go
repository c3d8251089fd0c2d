package tokencache

import "sync"

// A plain cache is the least that one could write: maps under mutexes, by the first byte of the tag. A full map drops whatever comes first
// in its order, which is random.
type plain struct {
	mu      sync.RWMutex
	entries map[Tag]*Entry
	most    int
}

func newPlain(capacity int) (Cache, error) {
	var shards [64]plain
	for i := range shards {
		shards[i].entries = make(map[Tag]*Entry)
		shards[i].most = max(capacity/len(shards), 1)
	}
	at := func(tag Tag) *plain { return &shards[int(tag[0])%len(shards)] }
	return Cache{
		Get:    func(tag Tag) (*Entry, bool) { return at(tag).get(tag) },
		Set:    func(tag Tag, entry *Entry) { at(tag).set(tag, entry) },
		Settle: func() {},
	}, nil
}

func (p *plain) get(tag Tag) (*Entry, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	entry, ok := p.entries[tag]
	return entry, ok
}

func (p *plain) set(tag Tag, entry *Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.entries) >= p.most {
		for other := range p.entries {
			delete(p.entries, other)
			break
		}
	}
	p.entries[tag] = entry
}
