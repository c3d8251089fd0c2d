package rbac

import (
	"fmt"
	"strings"
	"sync"
)

// A compiler compiles the objects of one change, so that what they have in common is there once.
type compiler struct {
	// policy has the roles, and what else has been there before.
	policy     *Policy
	locations  map[string]*location
	principals map[string]*string
	conditions conditionCache
	// seen is nil unless there are many assignments: then what they have in common is looked up as it is written.
	seen *seenTexts
	// unlocated says that another looks up the locations.
	unlocated bool
}

// seenTexts are scopes, principal ids and role ids that are right, as assignments wrote them.
type seenTexts struct {
	locations  map[string]*location
	principals map[string]*string
	roles      map[string]uint32
}

func newCompiler(p *Policy) *compiler {
	return &compiler{
		policy:     p,
		locations:  make(map[string]*location),
		principals: make(map[string]*string),
		conditions: make(conditionCache),
	}
}

// manyAssignments is from which number on a compiler remembers what it has seen, and veryManyAssignments from which on locations are
// worth being looked up at the same time as all else.
const (
	manyAssignments     = 16
	veryManyAssignments = 4096
)

// roomForAssignments is how many are allocated together: as long as one is in use the others' memory is, and 480 bytes are a size that
// the allocator has.
const roomForAssignments = 10

// assignments compiles assignments up to the first that is wrong.
func (c *compiler) assignments(sources []RoleAssignment) ([]*assignment, error) {
	if len(sources) >= manyAssignments {
		c.seen = &seenTexts{locations: make(map[string]*location), principals: make(map[string]*string), roles: make(map[string]uint32)}
		defer func() { c.seen = nil }()
	}
	if len(sources) >= veryManyAssignments {
		if compiled, ok := c.rightAssignments(sources); ok {
			return compiled, nil
		}
	}
	return c.inTurn(sources)
}

// rightAssignments compiles assignments, unless one is wrong: which is the first, and in what, shows only in turn.
func (c *compiler) rightAssignments(sources []RoleAssignment) (compiled []*assignment, ok bool) {
	var (
		locations  = make([]*location, len(sources))
		wrongScope bool
		locating   sync.WaitGroup
	)
	locating.Go(func() {
		for i := range sources {
			var err error
			if locations[i], err = c.locationOf(sources[i].Scope); err != nil {
				wrongScope = true
				return
			}
		}
	})
	others := *c // has the same maps, and does not use those of locations
	others.unlocated = true
	compiled, err := others.inTurn(sources)
	locating.Wait()
	if err != nil || wrongScope {
		return nil, false
	}
	for i, a := range compiled {
		a.location = locations[i]
	}
	return compiled, true
}

// inTurn compiles one after the other.
func (c *compiler) inTurn(sources []RoleAssignment) ([]*assignment, error) {
	compiled := make([]*assignment, 0, len(sources))
	var room []assignment
	for i := range sources {
		if len(room) == 0 {
			room = make([]assignment, min(len(sources)-i, roomForAssignments))
		}
		if err := c.compile(&sources[i], &room[0]); err != nil {
			return compiled, err
		}
		compiled = append(compiled, &room[0])
		room = room[1:]
	}
	return compiled, nil
}

// locationOf returns the location of a scope as it is written, or nil where another looks it up. Errors are *fieldError.
func (c *compiler) locationOf(written string) (*location, error) {
	if c.unlocated {
		return nil, nil
	}
	if c.seen != nil {
		if l, ok := c.seen.locations[written]; ok {
			return l, nil
		}
	}
	scope, err := parseScope(written)
	if err != nil {
		return nil, inField("Scope", err)
	}
	l := c.location(scope)
	if c.seen != nil {
		c.seen.locations[written] = l
	}
	return l, nil
}

// principalOf returns the one principalKey of an id as it is written. Errors are *fieldError.
func (c *compiler) principalOf(written string) (*string, error) {
	if c.seen != nil {
		if p, ok := c.seen.principals[written]; ok {
			return p, nil
		}
	}
	if err := checkPrincipal(written); err != nil {
		return nil, inField("PrincipalID", err)
	}
	p := c.principal(written)
	if c.seen != nil {
		c.seen.principals[written] = p
	}
	return p, nil
}

// roleOf returns where the policy has the role of an id as it is written. Errors are *fieldError.
func (c *compiler) roleOf(written string) (uint32, error) {
	if c.seen != nil {
		if at, ok := c.seen.roles[written]; ok {
			return at, nil
		}
	}
	key, err := roleKey(written)
	if err != nil {
		return 0, inField("RoleDefinitionID", err)
	}
	at, ok := c.policy.roleAt[key]
	if !ok {
		return 0, inField("RoleDefinitionID", fmt.Errorf("%w: %s", ErrRoleNotFound, key))
	}
	if c.seen != nil {
		c.seen.roles[written] = at
	}
	return at, nil
}

// location returns the location of a scope.
func (c *compiler) location(scope Scope) *location {
	l, ok := c.locations[scope.key]
	if ok {
		return l
	}
	for a := range c.policy.byLocation.from(func(a *assignment) bool { return a.location.key < scope.key }) {
		if a.location.key == scope.key {
			l = a.location
		}
		break
	}
	if l == nil {
		l = newLocation(scope)
	}
	c.locations[l.key] = l
	return l
}

// principal returns the one principalKey of id.
func (c *compiler) principal(id string) *string {
	key := principalKey(id)
	if p, ok := c.principals[key]; ok {
		return p
	}
	if held := c.policy.principals.get(hashString(key), key); held != nil {
		c.principals[key] = held.key
		return held.key
	}
	key = strings.Clone(key)
	c.principals[key] = &key
	return &key
}

// A conditionCache has the conditions that were parsed for one change: many assignments have the same.
type conditionCache map[[2]string]*Condition

// parse returns a parsed condition, or nil for none.
func (c conditionCache) parse(text, version string) (*Condition, error) {
	if text == "" {
		return nil, nil
	}
	key := [2]string{text, version}
	if condition, ok := c[key]; ok {
		return condition, nil
	}
	condition, err := parseCondition(text, version)
	if err != nil {
		return nil, err
	}
	c[key] = condition
	return condition, nil
}
