// Package resourcemanager is a small Resource Manager, in memory: what the demo server puts behind the gate, so that az and
// the Azure SDKs have something to talk to.
//
// An [Inventory] holds what exists: subscriptions, each owned by one directory tenant, and in them resource groups and
// resources of any type. [New] serves it. The authorizer that decides comes between the two, because it asks the inventory
// who owns a subscription, and the handler asks the gate that asks it:
//
//	inventory, err := resourcemanager.NewInventory(contents)
//	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: store, TenantOf: inventory.TenantOf, ...})
//	gate, err := middleware.New(middleware.Config{Verifier: verifier, Authorizer: authorizer})
//	handler, err := resourcemanager.New(resourcemanager.Config{Gate: gate, Inventory: inventory, ...})
//
// # The way of a request
//
// Everything but /metadata/endpoints passes Gate.Authenticate first, which leaves the one spelling of the path that decides
// and routes. The router matches it in lower case, because Resource Manager's paths count in any case. A route then passes
// Gate.Authorize or, where it filters what it lists, Gate.List; only /tenants needs no role. The handlers take what to serve
// from rbac.OperationFor the request, which is what the gate has decided on, and look it up by rbac.Scope.Key, which is how
// the gate compares. So no spelling of a path can authorize one resource and serve another.
//
// A PUT replaces a resource, its tags and properties included. A PATCH is a JSON merge patch (RFC 7396) of resource groups and
// resources alike: tags and properties merge, at any depth, and null removes a member. What is deleted takes with it what lies in
// it and, by Config.Deleted, the role assignments there.
//
// What exists and may not be read answers 403, and so does what does not exist and might not be read either; only who may
// read or act at a place is told that nothing is there.
package resourcemanager
