// Package load puts a server under load: it starts one in a process of its own, asks it how much processor time it has taken, and sends
// it requests over connections that stay open, bounded in number and time.
package load
