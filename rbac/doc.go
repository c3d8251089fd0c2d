// Package rbac answers one question: what may this principal do? It evaluates Azure role-based access control the way
// Resource Manager does.
//
// # The way of a request
//
// [CanonicalPath] settles the one spelling of the request's path that both decides and routes. [OperationFor] turns the
// request into an [Operation]: an action such as Microsoft.Compute/virtualMachines/read, at a [Scope] such as
// /subscriptions/{id}/resourceGroups/{name}. An [Authorizer] looks up the [Policy] in force and builds the caller's
// [ResourceSet] from the object id and the groups of a verified token, and from nothing else. [ResourceSet.Check] then
// decides: an operation is allowed when a [RoleAssignment] of the caller, or of one of its groups, at the operation's scope
// or above it, names a [RoleDefinition] with a permission whose actions match and whose notActions do not. What nothing
// grants is refused.
//
// A Policy is compiled from a [PolicyConfig], which [Import] reads from Azure's own exports, and is the simplest Source. A
// [MemoryStore] is one whose roles and assignments can be changed; package armapi lets clients change them.
//
// # What it guards against
//
// The scope that is authorized is the scope that is served: a path with two readings (encoded separators, dot segments,
// empty segments, letters on which case folding disagrees) has none here and is an error. [Scope.Key] is the comparison
// that decisions use; whoever stores resources by path looks them up by it.
//
// Everything fails closed. A policy that does not compile is refused whole and the last one stays in force; an unknown
// role, an unknown subscription, a subscription of another directory tenant and the zero ResourceSet grant nothing;
// conditions and deny assignments, which narrow access and are not evaluated here, are refused wherever they would be
// needed and never dropped.
//
// A Policy and a ResourceSet are immutable, and reading them takes no lock. A changed role counts from the next request
// on, because each request asks the [Source] for the policy in force.
package rbac
