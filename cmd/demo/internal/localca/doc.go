// Package localca is the demo's certificate authority. Azure's clients speak to a Resource Manager over HTTPS only, and trust
// a private CA when they are told to (REQUESTS_CA_BUNDLE for az, RootCAs in Go); they do not all have a switch that trusts
// nothing. So the demo makes a CA of its own, once for each data directory.
//
// Whoever trusts ca.pem system-wide should lose nothing by it: the CA can vouch for localhost and loopback addresses only
// (X.509 name constraints, RFC 5280 section 4.2.1.10), for TLS servers only, and its key never leaves the data directory.
package localca
