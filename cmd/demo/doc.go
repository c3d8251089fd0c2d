// Demo is a local Azure Stack Hub to point real Azure clients at: an identity provider to get tokens from, and a small Resource
// Manager behind the gate.
//
//	go run ./cmd/demo
//
// prints where it is, whom one can be, and three commands to paste: get a token, make a call that is allowed, and one that
// is not. Nothing is configured and nothing has to be installed.
//
//	https://localhost:8443    Resource Manager for users and, at /adfs, an AD FS or, with --provider entra, at /{tenant} an
//	                          Entra ID. Its certificate is issued by a CA that the demo makes for itself; clients trust
//	                          ca.pem in the data directory.
//	https://localhost:8444    Resource Manager for the administrator.
//	http://127.0.0.1:8080     the same as the first for curl and a browser. Requests are answered only when their Host header
//	                          names this machine, so that no web site can reach the demo through a browser (DNS rebinding).
//
// # The way of a request
//
// A client asks /metadata/endpoints for the identity provider and the audience, gets a token there
// (internal/identityprovider) and sends it with its calls. [middleware.Gate] verifies the token against what [openid.Provider] fetched
// from the identity provider, over HTTPS like everyone else, and lets through what the role assignments in an [rbac.MemoryStore]
// allow. Behind it lie the Resource Manager (internal/resourcemanager) and Microsoft.Authorization ([armapi]), by which role
// assignments are changed with effect on the next request, and which are gone with the resource that they are at. / tells a browser
// what is where. /livez answers as long as the process lives; /readyz as soon as tokens can be verified.
//
// # People and workloads
//
// With --mfa audit both sides list who changes something without multi-factor authentication, with --mfa enforce they refuse that, and ask
// clients that can for another sign-in. The other flags of [middleware.MFAConfig] are --mfa-post, --mfa-context and --mfa-exempt; on the
// administrator's side of an AD FS, changes are then for operations, an application, or for whom --mfa-exempt names. With
// --delete-group-context users need an authentication context to delete a resource group. The list and revocations of tokens, which count
// on both sides and at the next start, are on the administrator's side below [sample.GateAdministration]; with someone else's identity
// provider, below /providers/hubgate.admin.
//
// The Entra ID has workloads that show no secret: managed identities, whose tokens come from the machine that the plain HTTP address
// is, at /metadata/identity/oauth2/token (internal/imds), and those of a Kubernetes cluster and of GitHub Actions, whose jobs ask for
// theirs at /federation/github/idtoken (internal/federation). And it has a Microsoft Graph
// (internal/directorygraph), which the gates ask for the groups of who is in more than a token holds, as the application resolver of
// the home tenant or of Partner. Stranger has no such application: once it is registered, who is in too many groups there is refused.
//
// # Two sides and many tenants
//
// The administrator's side is a Resource Manager of its own: with other subscriptions, another store of roles, a gate that takes
// another audience, and the same identity provider. Tokens of one side do not open the other.
//
// An AD FS has one directory tenant. The Entra ID has three (internal/sample): the home tenant, a guest directory, and one that is not
// registered, whose tokens are genuine and refused. On the administrator's side guest directories are registered and removed
// while the demo runs. A removed one's tokens are refused from the next request on, and its subscriptions are out of sight. The next
// start knows nothing of it.
//
// # Someone else's identity provider
//
// With --authority and --audience, or --resource-manager to discover both, the demo trusts an existing AD FS or Entra ID in
// place of its own. It then has no sample principals and no administrator's side. Role assignments come from files (--import), subscriptions
// from --subscription; without it the sample subscriptions are there, in the first tenant.
//
// # Commands
//
//	demo [serve]      the server
//	demo token        prints a token of a sample principal, for scripts
//	demo principals   lists the sample principals with their credentials
//	demo mfa-report   lists who would break when multi-factor authentication is enforced
//	demo revoke       refuses the tokens that a sample principal has by now, or everybody in a directory tenant
//	demo help         says more; so does --help after a command
//
// What outlives a run is in the data directory: see package internal/datadir. The exit status is 0 after Ctrl-C, 1 when
// something failed, 2 when the command line is wrong.
//
// Client secrets are a convenience of the demo: on Azure Stack Hub with AD FS a service principal proves itself with a
// certificate, which the demo takes too.
package main
