package identityprovider

import (
	"sync"
	"time"
)

// A memory holds a bounded number of entries until their time is over. What is full takes nothing new and forgets nothing
// old: a forgotten assertion could be replayed.
type memory[V any] struct {
	limit int

	mu      sync.Mutex
	entries map[string]remembered[V]
}

type remembered[V any] struct {
	value V
	until time.Time
}

func newMemory[V any](limit int) *memory[V] {
	return &memory[V]{limit: limit, entries: map[string]remembered[V]{}}
}

// add remembers value under key. It reports false, and changes nothing, when the key is remembered already or memory is full.
func (m *memory[V]) add(key string, value V, until time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if old, found := m.entries[key]; found && now.Before(old.until) {
		return false
	}
	if len(m.entries) >= m.limit {
		for key, entry := range m.entries {
			if !now.Before(entry.until) {
				delete(m.entries, key)
			}
		}
		if len(m.entries) >= m.limit {
			return false
		}
	}
	m.entries[key] = remembered[V]{value, until}
	return true
}

// get returns what is remembered under key.
func (m *memory[V]) get(key string) (value V, found bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry, found := m.entries[key]
	if !found || !time.Now().Before(entry.until) {
		return value, false
	}
	return entry.value, true
}

// update changes what is remembered under key, while nobody else looks, and reports whether anything is.
func (m *memory[V]) update(key string, change func(value *V)) (found bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry, found := m.entries[key]
	if !found || !time.Now().Before(entry.until) {
		return false
	}
	change(&entry.value)
	m.entries[key] = entry
	return true
}

// remove forgets what is remembered under key.
func (m *memory[V]) remove(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
}
