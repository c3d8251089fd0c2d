// Package graph finds the groups of a principal whose access token does not carry them.
//
// A token of Entra ID holds at most 200 groups. For a principal in more it says only that there are more, and openid.Principal.Overage is
// set. Whoever decides by groups must not go on without them: that would forget what they deny. So the gate asks one of the two that are
// here, or a function of the site's own:
//
//	openid.Principal with Overage -> Resolver.Groups: cache -> one shared call per principal -> Microsoft Graph, getMemberObjects
//	                              -> File.Groups: a file, for an AD FS, which has no Graph
//	                              -> groups, or ErrUnavailable (503), or any other error (403)
//
// # What a caller can rely on
//
//   - Nothing goes anywhere but to the configured endpoint of the principal's own tenant. The address that a token names for its groups
//     (_claim_sources) is never called, nor is a redirect followed, nor a next page on another host.
//   - An answer is whole or an error: one page too few, an entry that is no id, or more groups than Graph can name is never passed off
//     as all groups.
//   - A [Resolver]'s answer is used for MaxAge. When Graph gives no newer one, it is used for MaxStale more, and then the error is
//     [ErrUnavailable]. That Graph does not know a principal ([ErrNotFound]) is an answer as well and ends the older one at once.
//   - What a caller's context does never ends a call that others wait for.
//   - The token for Graph is sent to the endpoint and shows nowhere else: neither in an error nor in a log.
package graph
