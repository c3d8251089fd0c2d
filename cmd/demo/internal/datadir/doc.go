// Package datadir keeps what outlives one run of the demo in a directory that only its owner may write to:
//
//	ca.pem            the certificate authority for clients to trust; public
//	ca-key.pem        the same with its private key
//	server.pem        the HTTPS server's certificate and key
//	signing.pem       the AD FS's token-signing certificate and key; signing-entra.pem is the Entra ID's
//	clients/*.pem     certificate and key of each sample service principal
//	secrets.json      passwords and client secrets of the sample principals
//	running.json      where the running demo is, while it runs
//	mfa-audit.jsonl   who has changed something without multi-factor authentication; beside it the lock of who writes it
//	revocations.json  which tokens do not count any more
//	identity-header   what clients have to show to get tokens of managed identities
//	federation/       the tokens of workloads that run elsewhere; signing-federation.pem signs them
//
// All but ca.pem are readable by the owner only. Each file is replaced as a whole, so that a demo that is killed while it
// writes leaves nothing half done.
package datadir
