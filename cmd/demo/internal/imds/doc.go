// Package imds is the endpoint of the demo's one machine that issues tokens to its managed identities, in the shapes in which Azure's
// clients ask for them.
//
//	GET  /metadata/identity/oauth2/token    a virtual machine's Instance Metadata Service, with the header Metadata: true
//	POST /metadata/identity/oauth2/token    the same as a form, as in Cloud Shell: where MSI_ENDPOINT sends clients
//	GET  /msi/token                         App Service, with the header X-IDENTITY-HEADER: where IDENTITY_ENDPOINT sends clients,
//	                                        and, in its first version with the header secret, MSI_ENDPOINT with MSI_SECRET
//
// Clients call the first at 169.254.169.254, which no variable changes for the Azure SDK for Go and for az; AZURE_POD_IDENTITY_AUTHORITY_HOST does
// for the SDK for Python. The Go SDK goes where IDENTITY_ENDPOINT with IDENTITY_HEADER says, and az where MSI_ENDPOINT alone does.
//
// # The way of a request
//
// [Server.ServeHTTP] asks for no credential: to be on the machine is what counts, so serve it on a loopback address and nowhere else.
// What keeps web sites away is a header that a browser does not send to another site without asking first, and the refusal
// of what a proxy has forwarded. The identity is the machine's own (system-assigned), or the one that the request names by its client
// id, object id or resource id. The [identityprovider.Server] issues the token.
package imds
