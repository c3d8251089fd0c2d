// Package decide has libraries that decide about access, side by side.
//
// A [Workload] is a site's roles and role assignments, one caller who is in 200 groups, and what it wants to do. Each [Peer] is given the
// same in the form that suits it best, all that can be made ready before a request is ready, and the tests and benchmarks hold their answers
// together.
// Hubgate's package rbac is there twice: with the look-up of the caller's set, as the gate uses it, and with the decision alone.
package decide
