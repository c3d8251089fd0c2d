package rbac

import "strings"

// A compiler compiles the objects of one change, so that what they have in common is there once.
type compiler struct {
	// policy has the roles, and what else has been there before.
	policy     *Policy
	locations  map[string]*location
	principals map[string]*string
	conditions conditionCache
}

func newCompiler(p *Policy) *compiler {
	return &compiler{
		policy:     p,
		locations:  make(map[string]*location),
		principals: make(map[string]*string),
		conditions: make(conditionCache),
	}
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
