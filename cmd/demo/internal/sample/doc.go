// Package sample is what the demo shows: two installations of Azure Stack Hub, one that signs in with AD FS ([ADFS]) and one with
// Entra ID ([Entra]). Each has its directory tenants with principals and groups, its subscriptions with a few resources, and roles
// that say who may do what there.
//
// In the home tenant of both, with SIDs for object ids in the one and GUIDs in the other:
//
//	owner         user               Owner of Production and Sandbox, and of the subscriptions that are added
//	contributor   user               Contributor on the resource group app in Production
//	reader        user               Reader of Production, as a member of a group within the group that has the role
//	outsider      user               no role at all
//	deployer      service principal  Owner of Production, so it may write role assignments there
//	operator      user               Owner of the Default Provider Subscription, on the administrator's side
//	operations    service principal  Owner of the Default Provider Subscription, on the administrator's side
//
// An AD FS has no other tenant, and one more user:
//
//	engineer      user               Contributor on the resource group app in Production; a second factor is demanded
//
// With Entra ID there are two more. Partner is a guest directory: it is registered, and has a
// subscription of its own. Stranger is not registered: its tokens are genuine, and no subscription takes them. Somebody who is in
// two tenants has an object id in each, and a role that is given to one of them never counts for the other:
//
//	visitor       user of the home tenant, guest in Partner, which demands a second factor
//	consultant    user of Partner, guest in the home tenant: Contributor on the resource group lab in Sandbox
//	deployer      an application of the home tenant with a service principal in all three: Contributor on the resource group web in
//	              Partner, nothing in Stranger
//	partner       user of Partner: Owner of its subscription, by a group within a group
//	stranger      user of Stranger
//
// Entra ID has workloads too that show no secret, and more groups than a token holds. In the home tenant:
//
//	member        user                Reader of Sandbox, as a member of the last of 250 groups, none of which is in its token
//	resolver      service principal   no role; may read the groups of principals from Microsoft Graph, in Partner too
//	web1          managed identity    of the virtual machine web1 (system-assigned): Reader of the resource group app in Production
//	pipeline      managed identity    of its own (user-assigned): Contributor on the resource group data in Production
//
// Both pipeline and deployer, in the home tenant, have federated credentials: the tokens of a Kubernetes service account
// ([ServiceAccount]) and of a GitHub Actions job ([Repository], [Branch]) stand for them.
//
// All ids are fixed, so that documents and scripts can name them. Passwords, client secrets and certificates are random and
// belong to a data directory: see [OpenCredentials].
package sample
