// Package armapi is the Microsoft.Authorization resource provider over Resource Manager's REST API: role assignments and role
// definitions, so that the tools that people know (az rest, the Azure SDKs, Terraform) change who may do what, and what else they
// read to find out: deny assignments, schedule instances of role assignments, the caller's own permissions, and checkAccess.
//
// # The way of a request
//
// A [Handler] is mounted behind the gate, for every path that ends in /providers/Microsoft.Authorization/{type} or
// /providers/Microsoft.Authorization/{type}/{name}, at any scope and in any case. The gate has decided that the caller may do
// the operation at the scope of the path; the handler decides what only the content can tell: a list shows only what the
// caller may read where it lies, an assignment or a definition is found only by a path that it belongs to, and a definition
// is changed only by who may do so at each scope that it is assignable at, because a role that is assigned elsewhere grants
// elsewhere. An accepted change is in force for the next request.
//
// Who may write role assignments at a scope may grant any role there, Owner among them, unless a condition on what lets them write says
// which roles. The gate decides that too, with [Handler.Attributes].
//
// Deny assignments, and the times of role assignments, are only read here.
//
// # Versions
//
// Every well-formed api-version is served, in the shape of the newest known one that is not younger: 2015-07-01, which Azure
// Stack Hub's hybrid profiles pin, 2018-01-01-preview, 2018-09-01-preview, 2020-04-01-preview and 2022-04-01. What a request
// brings is read alike in all of them, so that a condition counts also where its version knows none. What a version does not show,
// its clients do not remove: a role assignment that is put again by a version before 2020-04-01-preview keeps its condition and its
// description, and a role definition with conditions, whose permissions are put as a whole, is refused there.
package armapi
