package rbac

import (
	"cmp"
	"hash/maphash"
	"math/bits"
	"slices"
)

// hashSeed is another one in each process, so that nobody can choose names whose hashes are alike.
var hashSeed = maphash.MakeSeed()

func hashString(s string) uint64 { return maphash.String(hashSeed, s) }

// A trie is an immutable map of strings: a hash array mapped trie. With and without return another map, which shares with the
// first all nodes but those on the way to the key, so that readers of the first read on without a lock. The zero trie is empty.
type trie[V any] struct{ root *trieNode[V] }

// trieBits are the bits of the hash, from the highest on, that choose a node's slot.
const trieBits = 6

type trieNode[V any] struct {
	// present has a bit for each slot that there is.
	present uint64
	slots   []trieSlot[V]
}

// A trieSlot has either a node or a leaf.
type trieSlot[V any] struct {
	node *trieNode[V]
	leaf *trieLeaf[V]
}

type trieLeaf[V any] struct {
	hash uint64
	// key is a pointer, so that what has the key elsewhere shares it.
	key   *string
	value V
	// next is a leaf of another key with the same hash.
	next *trieLeaf[V]
}

// newTrie returns the map of leaves whose keys are all different. It changes the leaves and their order.
func newTrie[V any](leaves []*trieLeaf[V]) trie[V] {
	if len(leaves) == 0 {
		return trie[V]{}
	}
	slices.SortFunc(leaves, func(a, b *trieLeaf[V]) int { return cmp.Compare(a.hash, b.hash) })
	distinct := leaves[:1]
	for _, leaf := range leaves[1:] {
		if last := distinct[len(distinct)-1]; last.hash == leaf.hash {
			leaf.next, last.next = last.next, leaf
		} else {
			distinct = append(distinct, leaf)
		}
	}
	return trie[V]{root: newTrieNode(distinct, 0)}
}

// newTrieNode returns the node of leaves that are in the order of their hashes, all different, and alike in the first bits.
func newTrieNode[V any](leaves []*trieLeaf[V], bits int) *trieNode[V] {
	n := &trieNode[V]{}
	var slots [1 << trieBits]trieSlot[V]
	count := 0
	for len(leaves) > 0 {
		bit := trieBit(leaves[0].hash, bits)
		same := 1
		for same < len(leaves) && trieBit(leaves[same].hash, bits) == bit {
			same++
		}
		if same == 1 {
			slots[count].leaf = leaves[0]
		} else {
			slots[count].node = newTrieNode(leaves[:same], bits+trieBits)
		}
		n.present |= bit
		leaves = leaves[same:]
		count++
	}
	n.slots = slices.Clone(slots[:count])
	return n
}

// trieBit returns the bit of a node's slot for hash; bits of the hash are used up above the node.
func trieBit(hash uint64, bits int) uint64 { return 1 << (hash << bits >> (64 - trieBits)) }

// slot returns where in slots the slot of a bit is, or would be.
func (n *trieNode[V]) slot(bit uint64) int { return bits.OnesCount64(n.present & (bit - 1)) }

// get returns the leaf of key, or nil. It is read only. Hash is always the same for one key.
func (t trie[V]) get(hash uint64, key string) *trieLeaf[V] {
	n := t.root
	for rest := hash; n != nil; rest <<= trieBits {
		bit := uint64(1) << (rest >> (64 - trieBits))
		if n.present&bit == 0 {
			return nil
		}
		slot := &n.slots[n.slot(bit)]
		for leaf := slot.leaf; leaf != nil; leaf = leaf.next {
			if leaf.hash == hash && *leaf.key == key {
				return leaf
			}
		}
		n = slot.node
	}
	return nil
}

// together is how many keys getAll looks for at once.
const together = 16

// getAll calls found with the leaf of each key, or nil, in their order. It goes down to several keys at once, so that the processor waits for
// the memory of all of them together: for one key after the other that is most of what get takes.
func (t trie[V]) getAll(keys []string, found func(key string, leaf *trieLeaf[V])) {
	for len(keys) > 0 {
		some := keys[:min(len(keys), together)]
		keys = keys[len(some):]
		var (
			hashes, rests [together]uint64
			nodes         [together]*trieNode[V]
			leaves        [together]*trieLeaf[V]
		)
		for i, key := range some {
			hashes[i] = hashString(key)
			rests[i], nodes[i] = hashes[i], t.root
		}
		for more := t.root != nil; more; {
			more = false
			for i, n := range nodes[:len(some)] {
				if n == nil {
					continue
				}
				nodes[i] = nil
				if bit := uint64(1) << (rests[i] >> (64 - trieBits)); n.present&bit != 0 {
					slot := &n.slots[n.slot(bit)]
					leaves[i], nodes[i] = slot.leaf, slot.node
				}
				rests[i] <<= trieBits
				more = more || nodes[i] != nil
			}
		}
		for i, key := range some {
			leaf := leaves[i]
			for leaf != nil && (leaf.hash != hashes[i] || *leaf.key != key) {
				leaf = leaf.next
			}
			found(key, leaf)
		}
	}
}

// with returns the map with value for key.
func (t trie[V]) with(hash uint64, key *string, value V) trie[V] {
	leaf := &trieLeaf[V]{hash: hash, key: key, value: value}
	if t.root == nil {
		return trie[V]{root: newTrieNode([]*trieLeaf[V]{leaf}, 0)}
	}
	return trie[V]{root: t.root.with(leaf, 0)}
}

func (n *trieNode[V]) with(leaf *trieLeaf[V], bits int) *trieNode[V] {
	bit := trieBit(leaf.hash, bits)
	i := n.slot(bit)
	if n.present&bit == 0 {
		return &trieNode[V]{present: n.present | bit, slots: replaced(n.slots, i, 0, trieSlot[V]{leaf: leaf})}
	}
	slot := n.slots[i]
	switch {
	case slot.node != nil:
		slot.node = slot.node.with(leaf, bits+trieBits)
	case slot.leaf.hash == leaf.hash:
		leaf.next = slot.leaf.without(*leaf.key)
		slot.leaf = leaf
	default:
		pair := []*trieLeaf[V]{slot.leaf, leaf}
		if leaf.hash < slot.leaf.hash {
			slices.Reverse(pair)
		}
		slot = trieSlot[V]{node: newTrieNode(pair, bits+trieBits)}
	}
	return &trieNode[V]{present: n.present, slots: replaced(n.slots, i, 1, slot)}
}

// without returns the map without key.
func (t trie[V]) without(hash uint64, key string) trie[V] {
	if t.root == nil {
		return t
	}
	return trie[V]{root: t.root.without(hash, key, 0)}
}

// without returns nil when nothing is left.
func (n *trieNode[V]) without(hash uint64, key string, bits int) *trieNode[V] {
	bit := trieBit(hash, bits)
	if n.present&bit == 0 {
		return n
	}
	i := n.slot(bit)
	slot := n.slots[i]
	if slot.node != nil {
		slot.node = slot.node.without(hash, key, bits+trieBits)
	} else if slot.leaf.hash == hash {
		slot.leaf = slot.leaf.without(key)
	}
	switch {
	case slot == n.slots[i]:
		return n
	case slot != trieSlot[V]{}:
		return &trieNode[V]{present: n.present, slots: replaced(n.slots, i, 1, slot)}
	case len(n.slots) == 1:
		return nil
	}
	return &trieNode[V]{present: n.present &^ bit, slots: replaced(n.slots, i, 1)}
}

// without returns the leaves of one hash without that of key.
func (l *trieLeaf[V]) without(key string) *trieLeaf[V] {
	switch {
	case l == nil:
		return nil
	case *l.key == key:
		return l.next
	}
	rest := l.next.without(key)
	if rest == l.next {
		return l
	}
	copied := *l
	copied.next = rest
	return &copied
}

// all yields the leaves, in no order that means anything.
func (t trie[V]) all(yield func(*trieLeaf[V]) bool) { t.root.all(yield) }

func (n *trieNode[V]) all(yield func(*trieLeaf[V]) bool) bool {
	if n == nil {
		return true
	}
	for _, slot := range n.slots {
		for leaf := slot.leaf; leaf != nil; leaf = leaf.next {
			if !yield(leaf) {
				return false
			}
		}
		if !slot.node.all(yield) {
			return false
		}
	}
	return true
}
