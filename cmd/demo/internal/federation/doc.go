// Package federation is where the demo's workloads run that have an identity already, from somebody else: a Kubernetes cluster and a
// repository of GitHub Actions, as far as they are OpenID Connect providers. An Entra ID that has a federated credential for such a
// workload takes its token in place of a secret.
//
//	{URL}/kubernetes/.well-known/openid-configuration    metadata, as a cluster's service account issuer has it
//	{URL}/kubernetes/openid/v1/jwks
//	{URL}/github/.well-known/openid-configuration        metadata, as GitHub Actions have it
//	{URL}/github/.well-known/jwks
//	{URL}/github/idtoken                                 a job's token, to whoever has the job's request token
//
// # The way of a token
//
// A pod finds its token in a file that the kubelet projects into it and replaces before it expires: [KubernetesToken] in the data
// directory, which AZURE_FEDERATED_TOKEN_FILE names to Azure's libraries. A job asks for one at [Server.RequestURL], which is
// ACTIONS_ID_TOKEN_REQUEST_URL there, with the bearer token in the file [GitHubRequestToken], which is
// ACTIONS_ID_TOKEN_REQUEST_TOKEN. There is one service account and one job; what they are is in the subject of their tokens.
package federation
