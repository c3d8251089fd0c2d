package rbac

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A Change is what turns one revision of a policy into the next. What it deletes goes first, so that one change can give the same role
// anew by an assignment of another name.
type Change struct {
	// PutRoles creates role definitions and replaces those of the same id. A role that is replaced counts at once for all who
	// hold it.
	PutRoles []RoleDefinition
	// DeleteRoles are ids of role definitions that nobody holds after the change. A built-in role that was replaced becomes what Azure defines.
	DeleteRoles []string
	// PutAssignments creates role assignments and replaces those of the same name. One without a name stays as long as the policy.
	PutAssignments []RoleAssignment
	// DeleteAssignments are names.
	DeleteAssignments []string
	// PutDenyAssignments creates deny assignments and replaces those of the same name.
	PutDenyAssignments []DenyAssignment
	// DeleteDenyAssignments are names.
	DeleteDenyAssignments []string
	// PutManagementGroups puts members into management groups, out of those that they were in.
	PutManagementGroups []ManagementGroupMember
	// DeleteManagementGroups are scopes that no longer lie in a management group, each as in ManagementGroupMember.Member.
	DeleteManagementGroups []string
}

// With returns the policy that p becomes by a change, and leaves p as it is: whoever reads p goes on reading it. It costs in
// proportion to the change, to the number of roles or management groups where it changes those, and to the number of deny assignments
// at a scope or of a principal where it changes one there, but not to the number of role assignments. A change is made whole or, with an error, not at all.
//
// Errors are those of [NewPolicy], and name the field of the change: PutAssignments[3].Scope. What is deleted must be there, or the
// error wraps [ErrNotFound]; a role that is assigned cannot be deleted, [ErrRoleHasAssignments], nor can a built-in one that nothing
// replaces, [ErrBuiltInRole].
func (p *Policy) With(change Change) (*Policy, error) {
	next := *p
	if err := next.apply(change, changeFields); err != nil {
		return nil, fmt.Errorf("rbac: %w", err)
	}
	return &next, nil
}

// changeNames are what the fields of a change are called in errors.
type changeNames struct {
	putRoles, deleteRoles, putAssignments, deleteAssignments, putDenials, deleteDenials, putGroups, deleteGroups string
}

var (
	changeFields = changeNames{
		"PutRoles", "DeleteRoles", "PutAssignments", "DeleteAssignments",
		"PutDenyAssignments", "DeleteDenyAssignments", "PutManagementGroups", "DeleteManagementGroups",
	}
	configFields = changeNames{putRoles: "Roles", putAssignments: "Assignments", putDenials: "DenyAssignments", putGroups: "ManagementGroups"}
)

// apply makes a change in p, which nobody reads yet. What it shares with other policies it leaves as it is. After an error p is
// of no use. Errors are *objectError.
func (p *Policy) apply(change Change, names changeNames) error {
	if err := p.deleteAssignments(change.DeleteAssignments, names.deleteAssignments); err != nil {
		return err
	}
	if err := p.deleteDenials(change.DeleteDenyAssignments, names.deleteDenials); err != nil {
		return err
	}
	compiler := newCompiler(p)
	if err := p.changeRoles(compiler, change.DeleteRoles, change.PutRoles, names); err != nil {
		return err
	}
	if err := p.putAssignments(compiler, change.PutAssignments, names.putAssignments); err != nil {
		return err
	}
	// Only now it shows whether somebody still holds the roles that are deleted.
	if err := p.releaseRoles(change.DeleteRoles, change.PutRoles, names.deleteRoles); err != nil {
		return err
	}
	if err := p.putDenials(compiler, change.PutDenyAssignments, names.putDenials); err != nil {
		return err
	}
	return p.changeGroups(change.DeleteManagementGroups, change.PutManagementGroups, names)
}

// changeRoles replaces and adds roles, and gives built-in roles that are deleted their own definitions back.
func (p *Policy) changeRoles(compiler *compiler, deletes []string, puts []RoleDefinition, names changeNames) error {
	if len(deletes)+len(puts) == 0 {
		return nil
	}
	p.roles, p.roleAt = slices.Clone(p.roles), maps.Clone(p.roleAt)
	if p.roleAt == nil {
		p.roleAt = make(map[string]uint32)
	}
	deleted := make(map[string]bool)
	for i, id := range deletes {
		key, err := roleKey(id)
		if err == nil && (deleted[key] || p.role(key) == nil) {
			err = errors.New(key)
		}
		if err != nil {
			return &objectError{list: names.deleteRoles, index: i, err: fmt.Errorf("%w: %w", ErrNotFound, err)}
		}
		deleted[key] = true
		if builtIn, ok := builtInRole(key); ok {
			if p.role(key).definition.same(builtIn) {
				return &objectError{list: names.deleteRoles, index: i, err: fmt.Errorf("%w: %s", ErrBuiltInRole, key)}
			}
			r, err := compileRole(builtIn, compiler.conditions)
			if err != nil {
				return err
			}
			p.putRole(key, r)
		}
	}
	first := make(map[string]int)
	for i, definition := range puts {
		r, err := compileRole(definition, compiler.conditions)
		if err != nil {
			return &objectError{list: names.putRoles, index: i, err: err}
		}
		key := fold(definition.ID)
		if j, ok := first[key]; ok {
			if !r.definition.same(p.role(key).definition) {
				return &objectError{list: names.putRoles, index: i, conflict: &j, err: errors.New("both have the id " + key)}
			}
			continue
		}
		first[key] = i
		p.putRole(key, r)
	}
	return nil
}

// releaseRoles deletes the roles that changeRoles has left for it: those that are not built in, and not put anew.
func (p *Policy) releaseRoles(deletes []string, puts []RoleDefinition, list string) error {
	for i, id := range deletes {
		key, _ := roleKey(id)
		if _, ok := builtInRole(key); ok || slices.ContainsFunc(puts, func(d RoleDefinition) bool { return fold(d.ID) == key }) {
			continue
		}
		if p.holders.get(hashString(key), key) != nil {
			return &objectError{list: list, index: i, err: fmt.Errorf("%w: %s", ErrRoleHasAssignments, key)}
		}
		p.roles[p.roleAt[key]] = nil
		delete(p.roleAt, key)
	}
	return nil
}

func (p *Policy) putRole(key string, r *role) {
	at, ok := p.roleAt[key]
	switch free := slices.Index(p.roles, nil); {
	case ok:
		p.roles[at] = r
		return
	case free >= 0:
		at = uint32(free)
		p.roles[at] = r
	default:
		at = uint32(len(p.roles))
		p.roles = append(p.roles, r)
	}
	p.roleAt[key] = at
}

func (p *Policy) deleteAssignments(names []string, list string) error {
	for i, name := range names {
		id, ok := parseGUID(name)
		a := p.assignment(id)
		if a == nil || !ok {
			return &objectError{list: list, index: i, err: fmt.Errorf("%w: %.80q", ErrNotFound, name)}
		}
		p.remove(a)
	}
	return nil
}

func (p *Policy) putAssignments(compiler *compiler, sources []RoleAssignment, list string) error {
	if len(sources) == 0 {
		return nil
	}
	compiled, failed := compiler.assignments(sources)
	empty := p.principals.root == nil
	if empty && failed == nil && p.load(compiled) {
		return nil
	}
	distinct, err := distinctAssignments(compiled, sources, list)
	if err != nil {
		return err
	}
	if failed != nil {
		return &objectError{list: list, index: len(compiled), err: failed}
	}
	if empty {
		loaded := make([]*assignment, len(distinct))
		for n, i := range distinct {
			loaded[n] = compiled[i]
		}
		p.load(loaded)
		return nil
	}
	for _, i := range distinct {
		if a := compiled[i]; a.named {
			if existing := p.assignment(a.name); existing != nil {
				p.remove(existing)
			}
		}
	}
	for _, i := range distinct {
		a := compiled[i]
		switch existing := p.grantOf(a); {
		case existing == nil:
			p.insert(a)
		case a.named || existing.named || !a.same(existing):
			return &objectError{list: list, index: i,
				err: fmt.Errorf("%w: %s gives the same principal the same role at the same scope", ErrAssignmentExists, existing)}
		}
	}
	return nil
}

// distinctAssignments returns which assignments do not repeat others. Of what repeats, the first stays. What agrees in a part only is a
// mistake.
func distinctAssignments(compiled []*assignment, sources []RoleAssignment, list string) ([]int, error) {
	type grant struct {
		principal *string
		location  *location
		role      uint32
	}
	var (
		byName   = make(map[guid]int, len(compiled))
		byGrant  = make(map[grant]int, len(compiled))
		distinct = make([]int, 0, len(compiled))
	)
	for i, a := range compiled {
		gives := grant{a.principal, a.location, a.role}
		j, ok := byName[a.name]
		reason := "both have the name " + sources[i].Name
		if !ok || !a.named {
			j, ok = byGrant[gives]
			reason = "both give the same principal the same role at the same scope"
		}
		if ok {
			if !a.same(compiled[j]) {
				return nil, &objectError{list: list, index: i, conflict: &j, err: errors.New(reason)}
			}
			continue
		}
		if a.named {
			byName[a.name] = i
		}
		byGrant[gives] = i
		distinct = append(distinct, i)
	}
	return distinct, nil
}

// insert adds an assignment of which p has neither the name nor what it gives.
func (p *Policy) insert(a *assignment) {
	if a.named {
		p.byName = p.byName.with(a, compareNames)
	}
	p.byLocation = p.byLocation.with(a, compareLocations)
	p.changeHolding(a.principal, func(held *holding) {
		held.assignments = held.assignments.with(a, compareLocations)
	})
	p.countHolder(a, 1)
}

func (p *Policy) remove(a *assignment) {
	if a.named {
		p.byName = p.byName.without(a, compareNames)
	}
	p.byLocation = p.byLocation.without(a, compareLocations)
	p.changeHolding(a.principal, func(held *holding) {
		held.assignments = held.assignments.without(a, compareLocations)
	})
	p.countHolder(a, -1)
}

func (p *Policy) changeHolding(principal *string, change func(*holding)) {
	hash := hashString(*principal)
	var held holding
	if existing := p.principals.get(hash, *principal); existing != nil {
		principal, held = existing.key, existing.value
	}
	change(&held)
	if held.assignments.len()+len(held.denials) == 0 {
		p.principals = p.principals.without(hash, *principal)
	} else {
		p.principals = p.principals.with(hash, principal, held)
	}
}

func (p *Policy) countHolder(a *assignment, change int) {
	key := fold(p.roles[a.role].definition.ID)
	hash := hashString(key)
	n := change
	if counted := p.holders.get(hash, key); counted != nil {
		n += counted.value
	}
	if n == 0 {
		p.holders = p.holders.without(hash, key)
	} else {
		p.holders = p.holders.with(hash, &key, n)
	}
}

func (p *Policy) deleteDenials(names []string, list string) error {
	for i, name := range names {
		id, ok := parseGUID(name)
		d := p.denial(id)
		if d == nil || !ok {
			return &objectError{list: list, index: i, err: fmt.Errorf("%w: %.80q", ErrNotFound, name)}
		}
		p.removeDenial(d)
	}
	return nil
}

func (p *Policy) putDenials(compiler *compiler, sources []DenyAssignment, list string) error {
	type put struct {
		index  int
		denial *denial
	}
	first := make(map[guid]put, len(sources))
	for i, source := range sources {
		d, err := compiler.denial(source)
		if err != nil {
			return &objectError{list: list, index: i, err: err}
		}
		if other, ok := first[d.name]; ok {
			if !d.same(other.denial) {
				return &objectError{list: list, index: i, conflict: &other.index, err: errors.New("both have the name " + source.Name)}
			}
			continue
		}
		first[d.name] = put{i, d}
		if existing := p.denial(d.name); existing != nil {
			p.removeDenial(existing)
		}
		p.insertDenial(d)
	}
	return nil
}

// insertDenial adds a deny assignment of which p does not have the name.
func (p *Policy) insertDenial(d *denial) {
	p.denials = p.denials.with(d, compareDenials)
	p.denialsByLocation = p.denialsByLocation.with(d, compareDenialLocations)
	add := func(list []*denial) []*denial {
		i, _ := slices.BinarySearchFunc(list, d, compareDenialLocations)
		return replaced(list, i, 0, d)
	}
	for _, principal := range d.principals {
		p.changeHolding(&principal, func(held *holding) { held.denials = add(held.denials) })
	}
	if d.everyone {
		p.changeEveryone(d.location, add)
	}
}

func (p *Policy) removeDenial(d *denial) {
	p.denials = p.denials.without(d, compareDenials)
	p.denialsByLocation = p.denialsByLocation.without(d, compareDenialLocations)
	remove := func(list []*denial) []*denial {
		return replaced(list, slices.Index(list, d), 1)
	}
	for _, principal := range d.principals {
		p.changeHolding(&principal, func(held *holding) { held.denials = remove(held.denials) })
	}
	if d.everyone {
		p.changeEveryone(d.location, remove)
	}
}

func (p *Policy) changeEveryone(at *location, change func([]*denial) []*denial) {
	var list []*denial
	if existing := p.everyone.get(at.hash, at.key); existing != nil {
		list = existing.value
	}
	if list = change(list); len(list) == 0 {
		p.everyone = p.everyone.without(at.hash, at.key)
	} else {
		p.everyone = p.everyone.with(at.hash, &at.key, list)
	}
}
