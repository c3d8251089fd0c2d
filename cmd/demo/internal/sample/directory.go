package sample

import (
	"slices"
	"strings"

	"hubgate.example/openid"
)

// Tenant is the directory tenant of the sample installation. An AD FS serves exactly one.
const Tenant = "c80be797-85d2-42bd-a128-3eeac50c308f"

// Audience is the App ID URI of the sample Resource Manager, in the form that Azure Stack Hub gives it with AD FS.
const Audience = "https://management.adfs.hubgate.example/0bfae0dd-a099-4c78-b884-f651cd97efc5"

// domain is the SID of the sample Active Directory domain: on Azure Stack Hub with AD FS, principals and groups are known by
// SIDs, not by GUIDs.
const domain = "S-1-5-21-1225956614-1283868168-2519959777"

// A Principal is someone who can get a token.
type Principal struct {
	// Name is what demo token --as takes.
	Name string
	Kind openid.Kind
	// ObjectID is a SID.
	ObjectID string
	// ApplicationID is a service principal's client id.
	ApplicationID string
	// About says in a few words what the principal may do by RoleAssignments and OwnerAssignment. It is "" for who has no role.
	About string
	// Username is a user's sign-in name, in the only form that AD FS takes: user@domain.
	Username string

	memberOf []string
}

// A Group is a group of principals and groups.
type Group struct {
	Name     string
	ObjectID string

	memberOf []string
}

var principals = []Principal{
	{
		Name: "owner", Kind: openid.KindUser, About: "Owner of every subscription",
		ObjectID: domain + "-1101", Username: "owner@hubgate.example",
	},
	{
		Name: "contributor", Kind: openid.KindUser, About: "Contributor on the resource group app",
		ObjectID: domain + "-1102", Username: "contributor@hubgate.example",
	},
	{
		Name: "reader", Kind: openid.KindUser, About: "Reader of Production, by a group within a group",
		ObjectID: domain + "-1103", Username: "reader@hubgate.example", memberOf: []string{"auditors"},
	},
	{
		Name: "outsider", Kind: openid.KindUser,
		ObjectID: domain + "-1104", Username: "outsider@hubgate.example",
	},
	{
		Name: "deployer", Kind: openid.KindServicePrincipal, About: "Owner of Production",
		ObjectID: domain + "-1201", ApplicationID: "ad2a1725-bbd3-4704-864f-dce440a3ff3f",
	},
}

var groups = []Group{
	{Name: "readers", ObjectID: domain + "-1301"},
	{Name: "auditors", ObjectID: domain + "-1302", memberOf: []string{"readers"}},
}

// Principals returns the sample principals.
func Principals() []Principal { return slices.Clone(principals) }

// Groups returns every group that p is a member of, directly or through other groups: what a token's groups claim carries.
func (p Principal) Groups() []Group {
	var all []Group
	names := slices.Clone(p.memberOf)
	for i := 0; i < len(names); i++ {
		for _, group := range groups {
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

// GroupIDs returns the SIDs of Groups.
func (p Principal) GroupIDs() []string {
	var ids []string
	for _, group := range p.Groups() {
		ids = append(ids, group.ObjectID)
	}
	return ids
}

// GroupsOf returns GroupIDs of the principal with this object id, and none for a stranger.
func GroupsOf(objectID string) []string {
	for _, p := range principals {
		if strings.EqualFold(p.ObjectID, objectID) {
			return p.GroupIDs()
		}
	}
	return nil
}
