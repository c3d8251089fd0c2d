package rbac

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrInvalidAction is wrapped by errors about a string in a role's actions, notActions, dataActions or notDataActions.
var ErrInvalidAction = errors.New("invalid action")

// maxActionLength is the longest string of a role definition's permission, in bytes.
const maxActionLength = 1024

// checkAction reports what is wrong with a string of a role definition's permission. Azure allows a custom role one wildcard
// a string; the strings of built-in roles are taken as they are.
func checkAction(action string, custom bool) error {
	trimmed := strings.TrimSpace(action)
	switch {
	case trimmed == "":
		return fmt.Errorf("%w: empty", ErrInvalidAction)
	case len(action) > maxActionLength:
		return fmt.Errorf("%w: longer than %d bytes", ErrInvalidAction, maxActionLength)
	case !utf8.ValidString(action) || strings.ContainsFunc(trimmed, unicode.IsControl):
		return fmt.Errorf("%w: %q: control character or invalid UTF-8", ErrInvalidAction, action)
	case custom && strings.Count(action, "*") > 1:
		return fmt.Errorf("%w: %q: more than one wildcard", ErrInvalidAction, action)
	}
	return nil
}

// appendAction appends the folded form of an operation's action, or nothing where it is no well-formed one, which no role grants. What a
// role excludes, and what a deny assignment blocks, must not be allowed under another spelling.
func appendAction(dst []byte, action string) []byte {
	if len(action) > maxActionLength || !isPlainAction(action) && !isAction(action) {
		return dst
	}
	return appendFold(dst, action)
}

// isAction reports whether an action is well-formed: without a wildcard, a blank, a character that cannot be seen, or an empty part.
func isAction(action string) bool {
	before, ascii := byte('/'), true
	for i := 0; i < len(action); i++ {
		c := action[i]
		if c <= ' ' || c == '*' || c == 0x7f || c == '/' && before == '/' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
		before = c
	}
	return before != '/' && (ascii || !strings.ContainsFunc(action, func(r rune) bool {
		return r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.IsSpace(r)
	}))
}

// isPlainAction reports, in one pass over eight bytes at a time, that an action is well-formed, as nearly all are that are no shorter. Of any
// other one, false says nothing.
func isPlainAction(action string) bool {
	if len(action) < 8 || action[0] == '/' || action[len(action)-1] == '/' {
		return false
	}
	bad, before := uint64(0), uint64(0)
	for rest := action; rest != ""; {
		if len(rest) < 8 { // once more some of the bytes before them
			rest, before = action[len(action)-8:], 0
		}
		w := eightBytes(rest)
		rest = rest[8:]
		bad |= unseen(w) | (tops - (w ^ ones*'*'))
		slashes := (tops - (w ^ ones*'/')) & tops
		bad |= (slashes<<8 | before) & slashes
		before = slashes >> 56
	}
	return bad&tops == 0
}

// An actionSet is one list of a permission, compiled. The zero actionSet matches nothing.
type actionSet struct {
	all      bool
	patterns []actionPattern
	// exact has the strings without a wildcard: as they are when they are few, which is quicker, or in a map.
	exact     []string
	exactlyOf map[string]struct{}
}

// maxExactList is from how many strings on a map is quicker than a list.
const maxExactList = 16

func newActionSet(actions []string) actionSet {
	var set actionSet
	for _, action := range actions {
		action = fold(strings.TrimSpace(action))
		switch {
		case action == "*":
			set.all = true
		case strings.Contains(action, "*"):
			set.patterns = append(set.patterns, newActionPattern(action))
		default:
			set.exact = append(set.exact, action)
		}
	}
	if len(set.exact) > maxExactList {
		set.exactlyOf = make(map[string]struct{}, len(set.exact))
		for _, action := range set.exact {
			set.exactlyOf[action] = struct{}{}
		}
		set.exact = nil
	}
	return set
}

// matches reports whether one of the set's strings matches action, which is folded.
func (s *actionSet) matches(action []byte) bool {
	if s.all {
		return true
	}
	for i := range s.patterns {
		if s.patterns[i].matches(action) {
			return true
		}
	}
	for _, exact := range s.exact {
		if exact == string(action) {
			return true
		}
	}
	if s.exactlyOf != nil {
		_, ok := s.exactlyOf[string(action)]
		return ok
	}
	return false
}

// An actionPattern is a folded string with wildcards. A wildcard stands for any text, slashes and the empty text included;
// everything else is literal.
type actionPattern struct {
	prefix, suffix string
	// between are the literals between two wildcards.
	between [][]byte
}

func newActionPattern(action string) actionPattern {
	first, last := strings.IndexByte(action, '*'), strings.LastIndexByte(action, '*')
	p := actionPattern{prefix: action[:first], suffix: action[last+1:]}
	if first < last {
		p.between = bytes.Split([]byte(action[first+1:last]), []byte("*"))
	}
	return p
}

func (p *actionPattern) matches(action []byte) bool {
	// Prefix and suffix must not share characters: a*a does not match a.
	rest := len(action) - len(p.suffix)
	if rest < len(p.prefix) || string(action[rest:]) != p.suffix || string(action[:len(p.prefix)]) != p.prefix {
		return false
	}
	action = action[len(p.prefix):rest]
	// The earliest place of each literal leaves the most room for the next.
	for _, literal := range p.between {
		var ok bool
		if _, action, ok = bytes.Cut(action, literal); !ok {
			return false
		}
	}
	return true
}
