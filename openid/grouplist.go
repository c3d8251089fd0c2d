package openid

import (
	"crypto/cipher"
	"runtime"
	"strings"
	"sync"
	"weak"
)

// groupLists keep one copy of each list of groups for as long as a cached token has it: the tokens of one principal, and those of a whole
// department, carry the same.
type groupLists struct {
	mu    sync.Mutex
	lists map[tokenTag]weak.Pointer[groupList]
}

// A groupList is immutable.
type groupList struct {
	ids   []string
	bytes int
}

// share answers the one copy of a list that is not empty. A list is found by its MAC, as a token is.
func (l *groupLists) share(groups []string, mac cipher.AEAD) *groupList {
	text := strings.Join(groups, " ") // no id has a blank in it
	var tag tokenTag
	mac.Seal(tag[:0], zeroNonce, nil, []byte(text))

	l.mu.Lock()
	defer l.mu.Unlock()
	if list := l.lists[tag].Value(); list != nil {
		return list
	}
	list := &groupList{ids: make([]string, len(groups)), bytes: len(text) + 16*len(groups)}
	for i, group := range groups {
		list.ids[i] = text[:len(group)]
		text = text[min(len(group)+1, len(text)):]
	}
	if l.lists == nil {
		l.lists = make(map[tokenTag]weak.Pointer[groupList])
	}
	l.lists[tag] = weak.Make(list)
	runtime.AddCleanup(list, l.forget, tag)
	return list
}

// forget removes a list that nobody has any more, unless it has come back meanwhile.
func (l *groupLists) forget(tag tokenTag) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lists[tag].Value() == nil {
		delete(l.lists, tag)
	}
}
