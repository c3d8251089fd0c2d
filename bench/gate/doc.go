// Package gate has the whole gate, which verifies a token and then decides about access, beside an empty handler and beside what the
// other libraries put before one.
//
// The benchmarks measure in one process what the gate adds, that it stays flat as tenants, keys, providers and assignments grow, and
// what remembered tokens take in memory. The same gates stand before the servers that package load puts under load.
package gate
