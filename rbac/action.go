package rbac

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
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

// An actionSet is one list of a permission, compiled. The zero actionSet matches nothing.
type actionSet struct {
	all      bool
	exact    map[string]struct{}
	patterns []actionPattern
}

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
			if set.exact == nil {
				set.exact = make(map[string]struct{})
			}
			set.exact[action] = struct{}{}
		}
	}
	return set
}

// matches reports whether one of the set's strings matches action, which is folded.
func (s *actionSet) matches(action []byte) bool {
	if s.all {
		return true
	}
	if _, ok := s.exact[string(action)]; ok {
		return true
	}
	return slices.ContainsFunc(s.patterns, func(p actionPattern) bool { return p.matches(action) })
}

// An actionPattern is a folded string with wildcards. A wildcard stands for any text, slashes and the empty text included;
// everything else is literal.
type actionPattern struct {
	prefix, suffix []byte
	// between are the literals between two wildcards.
	between [][]byte
}

func newActionPattern(action string) actionPattern {
	parts := bytes.Split([]byte(action), []byte("*"))
	last := len(parts) - 1
	return actionPattern{prefix: parts[0], between: parts[1:last], suffix: parts[last]}
}

func (p *actionPattern) matches(action []byte) bool {
	// Prefix and suffix must not share characters: a*a does not match a.
	action, ok := bytes.CutPrefix(action, p.prefix)
	if !ok {
		return false
	}
	if action, ok = bytes.CutSuffix(action, p.suffix); !ok {
		return false
	}
	// The earliest place of each literal leaves the most room for the next.
	for _, literal := range p.between {
		if _, action, ok = bytes.Cut(action, literal); !ok {
			return false
		}
	}
	return true
}
