// Package directorygraph is the demo's Microsoft Graph, as far as who resolves the group overage of a token needs one: the groups that
// a user or a service principal is a member of, directly or through other groups.
//
//	POST {URL}/v1.0/users/{object id}/getMemberObjects               {"securityEnabledOnly":true}
//	POST {URL}/v1.0/servicePrincipals/{object id}/getMemberObjects   {"securityEnabledOnly":true}
//
// The answer is a list of object ids, in pages: @odata.nextLink is where the next one is, to be asked for with GET or POST. A page
// is small here, so that paging is seen.
//
// # The way of a request
//
// [Server.ServeHTTP] has the bearer token verified by an [openid.Verifier], and looks for the directory of its tenant: a token of one
// tenant finds nobody of another. The token has to be an application's own, with one of the application permissions
// GroupMember.Read.All and Directory.Read.All in its claim roles; the real Graph wants a second one beside the former, and has
// delegated permissions too. All the demo's groups are security groups. What is wrong is said in the Graph's words.
package directorygraph
