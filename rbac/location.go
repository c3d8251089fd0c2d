package rbac

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
)

// A location is a scope that something is assigned at. All that is assigned there in one policy shares it.
type location struct {
	key  string
	hash uint64
	// written is how the scope was first written: a bit for each byte of key that was an ASCII capital, or the whole scope where
	// folding did more than that. There are as many locations as scopes in use, and two strings for each would be a third of a
	// large policy.
	written string
	whole   bool
}

func newLocation(scope Scope) *location {
	l := &location{key: strings.Clone(scope.key), hash: hashKey(scope.key)}
	if len(scope.path) != len(scope.key) {
		l.written, l.whole = strings.Clone(scope.path), true
		return l
	}
	capitals := make([]byte, (len(scope.path)+7)/8)
	for i := range len(scope.path) {
		switch {
		case scope.path[i] == scope.key[i]:
		case lowerASCII(scope.path[i]) == scope.key[i]:
			capitals[i/8] |= 1 << (i % 8)
		default:
			l.written, l.whole = strings.Clone(scope.path), true
			return l
		}
	}
	l.written = string(capitals)
	return l
}

// scope returns the scope as it was first written.
func (l *location) scope() Scope {
	if l.whole {
		return Scope{path: l.written, key: l.key}
	}
	path := []byte(l.key)
	for i := range path {
		if l.written[i/8]&(1<<(i%8)) != 0 {
			path[i] -= 'a' - 'A'
		}
	}
	return Scope{path: string(path), key: l.key}
}

// A level is a scope among those that contain another: the key, and its hash. Not every level is a scope that exists; see lineage.
type level struct {
	key  string
	hash uint64
}

const rootHash uint64 = 1

// A hash of a key is made of hashes of its pairs of segments, one after the other, so that one pass has those of all levels. What
// follows from equal hashes is decided by comparing keys.
func addHash(above uint64, pair string) uint64 {
	return (bits.RotateLeft64(above, 29) ^ maphash.String(hashSeed, pair)) * 0x9e3779b97f4a7c15
}

func hashKey(key string) uint64 {
	hash := rootHash
	for key != "" {
		end := pairEnd(key)
		hash = addHash(hash, key[:end])
		key = key[end:]
	}
	return hash
}

// pairEnd returns the length of the first two segments of path, which has at least two.
func pairEnd(path string) int {
	end := 1
	end += strings.IndexByte(path[end:], '/') + 1
	if next := strings.IndexByte(path[end:], '/'); next >= 0 {
		return end + next
	}
	return len(path)
}

const (
	subscriptionPrefix    = "/subscriptions/"
	managementGroupPrefix = "/providers/microsoft.management/managementgroups/"
)

// anchor returns the length of the beginning of key that is a subscription or a management group: what can be a member of a
// management group. It is 0 when there is none.
func anchor(key string) int {
	switch {
	case strings.HasPrefix(key, subscriptionPrefix):
		return pairEnd(key)
	case strings.HasPrefix(key, managementGroupPrefix):
		first := pairEnd(key)
		return first + pairEnd(key[first:])
	}
	return 0
}

// lineage appends the levels of key to levels, from "/" to key itself: the root, the management groups that what key lies in is a
// member of, and then key's own beginnings. Those between a resource and what it lies in end in /providers/{namespace}: nothing is
// ever assigned there. Own is the index of the first level that is a beginning of key, the root aside.
func (p *Policy) lineage(levels []level, key string) (_ []level, own int) {
	levels = append(levels, level{hash: rootHash})
	if len(p.groups) > 0 {
		if member := key[:anchor(key)]; member != "" {
			levels = append(levels, p.groups[member].above...)
		}
	}
	own = len(levels)
	hash := rootHash
	for end := 0; end < len(key); {
		pair := key[end:]
		pair = pair[:pairEnd(pair)]
		hash = addHash(hash, pair)
		end += len(pair)
		levels = append(levels, level{key: key[:end], hash: hash})
	}
	return levels, own
}

// Contains reports whether below is above or lies below it. Unlike [Scope.Contains], it knows what lies in management groups.
func (p *Policy) Contains(above, below Scope) bool { return p.contains(above.key, below.key) }

func (p *Policy) contains(above, below string) bool {
	if containsKey(above, below) {
		return true
	}
	return slices.ContainsFunc(p.groups[below[:anchor(below)]].above, func(l level) bool { return l.key == above })
}
