package sample

import (
	"slices"

	"hubgate.example/openid"
)

// The applications of both installations.
const (
	deployerApplication   = "ad2a1725-bbd3-4704-864f-dce440a3ff3f"
	operationsApplication = "849ffbeb-5501-4697-9d11-0f61b030f6da"
	resolverApplication   = "e83b5f1d-4a72-4c06-97de-8b0c3a6f2d49" // with Entra ID
)

// What runs outside and has an identity there: a Kubernetes service account, and a repository whose jobs run for a branch.
const (
	ServiceAccount = "default/deployer"
	Repository     = "hubgate/demo"
	Branch         = "main"
)

// A Tenant is a directory tenant: principals, and groups of principals and groups.
type Tenant struct {
	ID string
	// Domain is what follows the @ in the names of the tenant's own users.
	Domain      string
	DisplayName string
	// Unregistered is a tenant that the identity provider has and the installation does not.
	Unregistered bool

	principals []Principal
	groups     []Group
	owner      string // the principal who owns the subscriptions that are added; "" where none can be
}

// A Principal is someone who can get a token in a tenant. Who can get one in several tenants is a principal in each, with the same
// name, application id or user name, and credentials.
type Principal struct {
	// Name is what demo token --as takes.
	Name string
	Kind openid.Kind
	// Tenant is the tenant that the principal is in, and HomeTenant the one that a guest comes from.
	Tenant, HomeTenant string
	// ObjectID is a SID with AD FS and a GUID with Entra ID. It is another one in each tenant.
	ObjectID string
	// ApplicationID is the client id of a service principal or of a managed identity.
	ApplicationID string
	// ManagedIdentity is a managed identity's resource id: of the virtual machine that it belongs to, or its own.
	ManagedIdentity string
	// Federated reports that the tokens of the sample service account and of the sample repository's jobs stand for the principal.
	Federated bool
	// GraphPermissions are the application permissions for Microsoft Graph.
	GraphPermissions []string
	// Username is a user's sign-in name, in the only form that AD FS takes: user@domain.
	Username string
	// MFA reports that the tenant demands a second factor of the user.
	MFA bool
	// About says in a few words what the principal may do by the samples' roles. It is "" for who has no role.
	About string
	// Groups are all that the principal is a member of, directly or through other groups: what a token's groups claim carries.
	Groups []Group

	memberOf []string
}

// A Group is a group of principals and groups.
type Group struct {
	Name string
	// ObjectID is a SID with AD FS and a GUID with Entra ID.
	ObjectID string

	memberOf []string
}

// IsUser reports whether p is a person, and signs in with a password.
func (p Principal) IsUser() bool { return p.Username != "" }

// GroupIDs returns the object ids of Groups.
func (p Principal) GroupIDs() []string {
	var ids []string
	for _, group := range p.Groups {
		ids = append(ids, group.ObjectID)
	}
	return ids
}

// Principals returns the tenant's principals.
func (t Tenant) Principals() []Principal {
	all := slices.Clone(t.principals)
	for i := range all {
		all[i].Tenant = t.ID
		all[i].Groups = t.groupsWith(all[i].memberOf)
	}
	return all
}

// groupsWith returns the named groups and those that they are members of.
func (t Tenant) groupsWith(names []string) []Group {
	var all []Group
	names = slices.Clone(names)
	for i := 0; i < len(names); i++ {
		for _, group := range t.groups {
			if group.Name != names[i] {
				continue
			}
			all = append(all, group)
			for _, parent := range group.memberOf {
				if !slices.Contains(names, parent) {
					names = append(names, parent)
				}
			}
		}
	}
	return all
}
