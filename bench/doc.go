// Package bench is Hubgate beside its peers. It is a module of its own, so that the peers' dependencies stay out of Hubgate's.
//
//   - verify: libraries that verify tokens, each set up for the same issuer and audience, beside the cost of the signature alone
//   - decide: libraries that decide about access, each with the same role assignments, beside package rbac
//   - gate: the whole gate in one process: what it adds to an empty handler, and that it stays flat as a site grows
//   - load: the gate as a server under load, beside the others
//   - tokencache: what the cache of verified tokens could be made of
//   - startup: the demo, to its first answer
//
// Each peer's answers are compared in the ordinary tests, so that nobody wins by skipping work: go test ./... takes seconds and measures
// nothing. What a peer does not check stands in its Accepts.
//
//	go test -bench . -count 6 ./verify ./decide ./gate ./tokencache > new.txt && go tool benchstat -col /peer new.txt
//
// compares what the names of the benchmarks tell apart. The two Memory benchmarks take up to a minute each, six times over: -skip Memory
// leaves them out. And
//
//	go run ./cmd/results
//
// runs everything in turns on a quiet machine and writes RESULTS.md.
package bench
