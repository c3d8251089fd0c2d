// Package resourcemanager is a small Resource Manager, in memory: what the demo server puts behind the gate, so that az and
// the Azure SDKs have something to talk to.
//
// An [Inventory] holds what exists: subscriptions, each owned by one directory tenant, and in them resource groups and
// resources. [New] serves it. The authorizer that decides comes between the two, because it asks the inventory who owns a
// subscription, and the handler asks the gate that asks it:
//
//	inventory, err := resourcemanager.NewInventory(contents)
//	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: store, TenantOf: inventory.TenantOf, ...})
//	gate, err := middleware.New(middleware.Config{Verifier: verifier, Authorizer: authorizer})
//	server, err := resourcemanager.New(resourcemanager.Config{Gate: gate, Inventory: inventory, URL: "https://localhost:8443", ...})
//	defer server.Close()
//
// The administrator's side of an installation is another Server, with an address, an audience, a gate and an inventory of its own,
// and with a [Directory]: Microsoft.Subscriptions.Admin/directoryTenants, the list of the directory tenants that the user's side
// accepts. [DirectoryConfig].Apply makes a change count there.
//
// # The way of a request
//
// Everything but /metadata/endpoints passes Gate.Authenticate first, which leaves the one spelling of the path that decides
// and routes. Then the request is counted, for its principal and subscription, against the [Limits] of an hour. The router
// matches the path in lower case, because Resource Manager's paths count in any case. A route then passes Gate.Authorize or,
// where it filters what it lists, Gate.List; what is the same for everyone (resource providers and their operations) and
// /tenants need no role. The handlers take what to serve from rbac.OperationFor the request, which is what the gate has
// decided on, and look it up by rbac.Scope.Key, which is how the gate compares. So no spelling of a path can authorize one
// resource and serve another.
//
// What exists and may not be read answers 403, and so does what does not exist and might not be read either; only who may
// read or act at a place is told that nothing is there.
//
// # Resources
//
// A PUT replaces a resource, its tags and properties included. A PATCH is a JSON merge patch (RFC 7396) of resource groups and
// resources alike: tags and properties merge, at any depth, and null removes a member. Each write leaves a new entity tag, and
// If-Match and If-None-Match are evaluated with the write, so that of two writers under one tag one succeeds.
//
// A resource has a type of the table of resource providers. A provider is registered in a subscription before something of it
// is written; the common ones are from the start. What a provider would do with a resource, nobody does: it is kept as it came.
//
// What is deleted takes with it what lies in it and, by Config.Deleted, the role assignments there. A resource is gone at once; a
// resource group takes Config.DeleteDuration, in which it can be read and not be changed, and its end is asked for at the
// address in Location.
//
// # Lists
//
// A list is filtered by what the caller may read, ordered by id, and divided into pages of Config.PageSize or $top. The nextLink is
// made of Config.URL, and its token is sealed: it continues the same list, for the same caller, and nothing else.
package resourcemanager
