package rbac

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// EveryoneID is the principal that stands for all users, groups and service principals in a deny assignment's Principals.
// Nobody holds a role as it, and it excludes nobody.
const EveryoneID = zeroGUID

// A DenyAssignment blocks actions, whatever role assignments grant them.
type DenyAssignment struct {
	// Name is the deny assignment's GUID. It is required: decisions name what blocks.
	Name string
	// DenyAssignmentName is for people.
	DenyAssignmentName string
	Description        string
	Scope              string
	// DoNotApplyToChildScopes limits the deny assignment to operations at Scope itself.
	DoNotApplyToChildScopes bool
	// Permissions say what is blocked: Actions minus NotActions, DataActions minus NotDataActions, of each permission by itself. A
	// condition that does not hold blocks nothing.
	Permissions []Permission
	// Principals, of which there is at least one, are whom it blocks: users, service principals and members of groups.
	// ExcludePrincipals are whom it does not block, though they are, or are in, one of Principals.
	Principals        []DenyPrincipal
	ExcludePrincipals []DenyPrincipal
	// IsSystemProtected marks what Azure itself has made. It is for display.
	IsSystemProtected bool

	Stamp
}

// A DenyPrincipal is a user, a group or a service principal of a deny assignment.
type DenyPrincipal struct {
	// ID is a GUID or a SID, or EveryoneID.
	ID string `json:"id"`
	// Type is User, Group, ServicePrincipal or, with EveryoneID, SystemDefined. It is for display.
	Type string `json:"type"`
}

// A denial is a compiled DenyAssignment. It is never changed.
type denial struct {
	source      DenyAssignment
	name        guid
	location    *location
	permissions permissions
	everyone    bool
	// here is DoNotApplyToChildScopes. The source is given out.
	here bool
	// principals are without everyone. Ids are as in principalKey.
	principals, excluded []string
}

// denial checks and compiles a deny assignment. Errors are *fieldError.
func (c *compiler) denial(source DenyAssignment) (*denial, error) {
	d := &denial{source: source.clone(), here: source.DoNotApplyToChildScopes}
	var named bool
	if d.name, named = parseGUID(source.Name); !named {
		return nil, inField("Name", fmt.Errorf("%.80q is not a GUID", source.Name))
	}
	scope, err := parseScope(source.Scope)
	if err != nil {
		return nil, inField("Scope", err)
	}
	d.location = c.location(scope)
	// Azure makes deny assignments, so that their actions are taken as those of built-in roles are.
	if d.permissions, err = compilePermissions(d.source.Permissions, false, c.conditions); err != nil {
		return nil, err
	}
	if len(source.Principals) == 0 {
		return nil, inField("Principals", errors.New("is empty: it would block nobody"))
	}
	for i, principal := range source.Principals {
		if principal.ID == EveryoneID {
			d.everyone = true
		} else if err := checkPrincipal(principal.ID); err != nil {
			return nil, inField(fmt.Sprintf("Principals[%d].ID", i), err)
		} else {
			d.principals = append(d.principals, principalKey(principal.ID))
		}
	}
	for i, principal := range source.ExcludePrincipals {
		if err := checkPrincipal(principal.ID); err != nil {
			return nil, inField(fmt.Sprintf("ExcludePrincipals[%d].ID", i), err)
		}
		d.excluded = append(d.excluded, principalKey(principal.ID))
	}
	for _, ids := range []*[]string{&d.principals, &d.excluded} {
		slices.Sort(*ids)
		*ids = slices.Compact(*ids)
	}
	return d, nil
}

// clone returns a copy that shares no slice with d.
func (d DenyAssignment) clone() DenyAssignment {
	d.Permissions = clonePermissions(d.Permissions)
	d.Principals = slices.Clone(d.Principals)
	d.ExcludePrincipals = slices.Clone(d.ExcludePrincipals)
	return d
}

func (d *denial) key() string { return d.location.key }

// same reports whether d and other say the same, their stamps aside.
func (d *denial) same(other *denial) bool {
	a, b := &d.source, &other.source
	return d.name == other.name && d.location.key == other.location.key &&
		a.DenyAssignmentName == b.DenyAssignmentName && a.Description == b.Description &&
		a.DoNotApplyToChildScopes == b.DoNotApplyToChildScopes && a.IsSystemProtected == b.IsSystemProtected &&
		slices.EqualFunc(a.Permissions, b.Permissions, Permission.same) &&
		d.everyone == other.everyone && slices.Equal(d.principals, other.principals) && slices.Equal(d.excluded, other.excluded)
}

// compareDenials is the order by name.
func compareDenials(a, b *denial) int { return bytes.Compare(a.name[:], b.name[:]) }

// compareDenialLocations is the order by scope, and at one by name.
func compareDenialLocations(a, b *denial) int {
	return cmp.Or(strings.Compare(a.location.key, b.location.key), compareDenials(a, b))
}
