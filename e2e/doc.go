// Package e2e drives the demo as its users do: the built binary, real HTTPS, and the unmodified az command line and Azure SDK for Go. It is a module of
// its own, so that the SDK stays out of Hubgate's.
package e2e
