package identityprovider

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"regexp"
	"strings"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// A Tenant is a directory tenant: who is in it. An AD FS has exactly one.
type Tenant struct {
	// ID is the tenant's id, a GUID.
	ID string
	// Domain is the tenant's DNS name, such as hubgate.example: an authority may name the tenant by it, and the members' names
	// end in it, which is how common and organizations find a user's home. With AD FS it is not used.
	Domain string
	// DisplayName is what people call the tenant. The default is Domain.
	DisplayName string

	Users             []User
	ServicePrincipals []ServicePrincipal
}

// A User signs in with a password or, on a page, by being chosen there.
type User struct {
	// Name is the user principal name, user@domain. It is compared without regard to case.
	Name string
	// DisplayName is what people call the user. The default is Name.
	DisplayName string
	// Password is required, except of a guest: who comes from another tenant has the password there.
	Password string
	// ObjectID and Groups are GUIDs or, with AD FS, SIDs.
	ObjectID string
	Groups   []string
	// HomeTenant is the id of the tenant that a guest comes from, which has a member of the same name. It is "" for a member
	// of this tenant. AD FS has no guests.
	HomeTenant string
	// MFA says that this tenant demands a second factor of the user: a password alone is refused, by Entra ID with AADSTS50076, and
	// pages have one more step.
	MFA bool
}

// A ServicePrincipal is an application in a tenant, or a managed identity. The same application has another object id in each
// tenant, with the same credentials or others.
type ServicePrincipal struct {
	// ApplicationID is the client_id.
	ApplicationID string
	// DisplayName is what people call the application. It may be empty.
	DisplayName string
	// ObjectID and Groups are GUIDs or, with AD FS, SIDs.
	ObjectID string
	Groups   []string
	// Secret is the client secret, and "" for an application without one.
	Secret string
	// Certificate verifies client assertions, and is nil for an application without one.
	Certificate *x509.Certificate
	// Federated are credentials that other issuers sign. They are for Entra ID.
	Federated []FederatedCredential
	// ManagedIdentity is the resource id that makes it a managed identity: of the resource that it belongs to, or its own below
	// Microsoft.ManagedIdentity/userAssignedIdentities. A managed identity has neither secret nor certificate; a
	// user-assigned one may have federated credentials. It is for Entra ID.
	ManagedIdentity string
	// Roles are application permissions by the resource that they are for, one of Config.Resources, with or without the slash
	// at its end: the claim roles of the tokens for it. They are for Entra ID.
	Roles map[string][]string
}

// A directory is a Tenant that issues tokens.
type directory struct {
	id, domain, name  string
	issuer            *openidtest.Issuer
	users             []*User
	userByName        map[string]*User             // by lower-case Name
	servicePrincipals map[string]*ServicePrincipal // by clientKey of the application id
	managedIdentities []*ServicePrincipal          // those that are
}

// newDirectory checks a tenant of the configuration by itself; checkGuests looks at what it has to do with the others. Errors begin
// with where.
func newDirectory(where string, t Tenant, kind openid.AuthorityType) (*directory, error) {
	d := &directory{
		id:                strings.ToLower(t.ID),
		domain:            strings.ToLower(t.Domain),
		name:              cmp.Or(t.DisplayName, t.Domain, t.ID),
		userByName:        map[string]*User{},
		servicePrincipals: map[string]*ServicePrincipal{},
	}
	switch {
	case !isGUID(t.ID):
		return nil, fmt.Errorf("%s.ID: %q is not a GUID", where, t.ID)
	case kind != openid.ADFS && !isDomain(t.Domain):
		return nil, fmt.Errorf("%s.Domain: %q is not a DNS name", where, t.Domain)
	}
	for i, user := range t.Users {
		if err := d.addUser(fmt.Sprintf("%s.Users[%d]", where, i), user, kind); err != nil {
			return nil, err
		}
	}
	for i, sp := range t.ServicePrincipals {
		if err := d.addServicePrincipal(fmt.Sprintf("%s.ServicePrincipals[%d]", where, i), sp, kind); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *directory) addServicePrincipal(where string, sp ServicePrincipal, kind openid.AuthorityType) error {
	key := clientKey(sp.ApplicationID)
	managed, credential := sp.ManagedIdentity != "", sp.Secret != "" || sp.Certificate != nil
	switch {
	case sp.ApplicationID == "" || sp.ObjectID == "":
		return fmt.Errorf("%s: ApplicationID and ObjectID are required", where)
	case kind == openid.ADFS && (managed || len(sp.Federated) > 0 || len(sp.Roles) > 0):
		return fmt.Errorf("%s: Federated, ManagedIdentity and Roles are for Entra ID", where)
	case !managed && !credential && len(sp.Federated) == 0:
		return fmt.Errorf("%s: a credential is required", where)
	case managed && credential:
		return fmt.Errorf("%s: a managed identity has neither Secret nor Certificate", where)
	case managed && !strings.HasPrefix(strings.ToLower(sp.ManagedIdentity), "/subscriptions/"):
		return fmt.Errorf("%s.ManagedIdentity: %q is not a resource id", where, sp.ManagedIdentity)
	case managed && !sp.UserAssigned() && len(sp.Federated) > 0:
		return fmt.Errorf("%s.Federated: a system-assigned managed identity has none", where)
	case d.servicePrincipals[key] != nil:
		return fmt.Errorf("%s.ApplicationID: %s is there twice", where, sp.ApplicationID)
	}
	d.servicePrincipals[key] = &sp
	if managed {
		d.managedIdentities = append(d.managedIdentities, &sp)
	}
	return nil
}

func (d *directory) addUser(where string, user User, kind openid.AuthorityType) error {
	name := strings.ToLower(user.Name)
	alias, domain, isUPN := strings.Cut(name, "@")
	guest := user.HomeTenant != ""
	switch {
	case name == "" || user.ObjectID == "":
		return fmt.Errorf("%s: Name and ObjectID are required", where)
	case !isUPN || alias == "" || domain == "":
		return fmt.Errorf("%s.Name: %q is not of the form user@domain", where, user.Name)
	case d.userByName[name] != nil:
		return fmt.Errorf("%s.Name: %s is there twice", where, user.Name)
	case kind == openid.ADFS && guest:
		return fmt.Errorf("%s: HomeTenant is for Entra ID", where)
	case guest && user.Password != "":
		return fmt.Errorf("%s.Password: a guest has the home tenant's", where)
	case !guest && user.Password == "":
		return fmt.Errorf("%s.Password: is required", where)
	case kind != openid.ADFS && !guest && domain != d.domain:
		return fmt.Errorf("%s.Name: %q is not in the tenant's domain %s", where, user.Name, d.domain)
	}
	user.DisplayName = cmp.Or(user.DisplayName, user.Name)
	user.HomeTenant = strings.ToLower(user.HomeTenant)
	d.users = append(d.users, &user)
	d.userByName[name] = &user
	return nil
}

// user returns the user with this name, or nil.
func (d *directory) user(name string) *User { return d.userByName[strings.ToLower(name)] }

// home returns the directory and the user that a user of d signs in as: a guest's home, or the very same.
func (s *Server) home(d *directory, user *User) (*directory, *User) {
	if user.HomeTenant == "" {
		return d, user
	}
	home := s.directories[user.HomeTenant]
	return home, home.user(user.Name)
}

// checkGuests finds guests who do not exist where they come from.
func (s *Server) checkGuests() error {
	for _, d := range s.ordered {
		for _, user := range d.users {
			if user.HomeTenant == "" {
				continue
			}
			home := s.directories[user.HomeTenant]
			if home == nil || home == d || home.user(user.Name) == nil || home.user(user.Name).HomeTenant != "" {
				return fmt.Errorf("identityprovider: Tenants: HomeTenant of the guest %s of %s: %s has no such member", user.Name, d.id, user.HomeTenant)
			}
		}
	}
	return nil
}

// servicePrincipal finds an application in d or, when d is nil, in the first tenant that has it.
func (s *Server) servicePrincipal(d *directory, clientID string) *ServicePrincipal {
	key := clientKey(clientID)
	if d != nil {
		return d.servicePrincipals[key]
	}
	for _, d := range s.ordered {
		if sp := d.servicePrincipals[key]; sp != nil {
			return sp
		}
	}
	return nil
}

// clientKey is the form in which client ids are compared: GUIDs have no case.
func clientKey(clientID string) string {
	if isGUID(clientID) {
		return strings.ToLower(clientID)
	}
	return clientID
}

var (
	guidForm   = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	domainForm = regexp.MustCompile(`^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+$`)
)

func isGUID(s string) bool { return guidForm.MatchString(s) }

func isDomain(s string) bool { return len(s) <= 253 && domainForm.MatchString(s) }
