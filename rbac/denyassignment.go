package rbac

// EveryoneID is the principal that stands for all users, groups and service principals in a deny assignment's Principals.
// Nobody holds a role as it, and it excludes nobody.
const EveryoneID = zeroGUID

// A DenyAssignment blocks actions, whatever role assignments grant them.
type DenyAssignment struct {
	// Name is the deny assignment's GUID.
	Name string
	// DenyAssignmentName is for people.
	DenyAssignmentName string
	Description        string
	Scope              string
	// DoNotApplyToChildScopes limits the deny assignment to operations at Scope itself.
	DoNotApplyToChildScopes bool
	// Permissions say what is blocked: Actions minus NotActions, DataActions minus NotDataActions, of each permission by itself.
	Permissions []Permission
	// Principals are whom it blocks and ExcludePrincipals, each a member of neither, whom it does not.
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
