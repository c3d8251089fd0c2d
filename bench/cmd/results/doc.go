// Command results runs all benchmarks in turns, puts the servers under load, starts the demo, and writes RESULTS.md. It takes about a
// quarter of an hour, and what it measures is worth something on a quiet machine only.
//
//	go run ./cmd/results
//	go run ./cmd/results -quick   # shows that nearly everything works, and measures nothing
//	go run ./cmd/results -raw new.txt && go tool benchstat old.txt new.txt
//
// The peers take turns within a round and not one after the other for good, so that whatever else the machine does hits all of them. A ratio
// is that of two measurements in one round; what is written is the median over the rounds, with the least and the greatest.
package main
