package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hubgate.example/bench/gate"
	"hubgate.example/bench/load"
)

// loadTimeout bounds each load.
const loadTimeout = time.Minute

// A loaded is a server under load, with requests whose token has so many groups.
type loaded struct {
	peer   string
	groups int
}

// loads are what each round has measured.
type loads struct {
	processor map[loaded][]float64 // nanoseconds for each request
	rate      map[loaded][]float64 // requests a second
}

// putUnderLoad starts a server behind each gate, and puts them under load in turns.
func (m *measurement) putUnderLoad(ctx context.Context) (err error) {
	m.load = loads{make(map[loaded][]float64), make(map[loaded][]float64)}
	servers := make(map[string]*load.Server)
	defer func() {
		for _, server := range servers {
			err = errors.Join(err, server.Close())
		}
	}()
	for _, peer := range gate.Peers() {
		server, err := load.Start(ctx, m.programs["server"], peer.Name)
		if err != nil {
			return fmt.Errorf("%s: %w", peer.Name, err)
		}
		servers[peer.Name] = server
	}
	for range m.plan.loadRounds {
		for _, groups := range []int{5, 200} {
			for _, peer := range gate.Peers() {
				if err := m.putOneUnderLoad(ctx, servers[peer.Name], loaded{peer.Name, groups}); err != nil {
					return fmt.Errorf("%s: %w", peer.Name, err)
				}
			}
		}
	}
	return nil
}

func (m *measurement) putOneUnderLoad(ctx context.Context, server *load.Server, what loaded) error {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	request, err := server.Request(what.groups)
	if err != nil {
		return err
	}
	if _, err := load.Run(ctx, server.Address, request, m.plan.loadConnections, m.plan.loadRequests/10); err != nil {
		return err
	}
	before, err := server.Usage()
	if err != nil {
		return err
	}
	elapsed, err := load.Run(ctx, server.Address, request, m.plan.loadConnections, m.plan.loadRequests)
	if err != nil {
		return err
	}
	after, err := server.Usage()
	if err != nil {
		return err
	}
	requests := float64(after.Requests - before.Requests)
	if requests != float64(m.plan.loadRequests) {
		return fmt.Errorf("%.0f of %d requests have passed", requests, m.plan.loadRequests)
	}
	m.load.processor[what] = append(m.load.processor[what], float64(after.Processor-before.Processor)/requests)
	m.load.rate[what] = append(m.load.rate[what], requests/elapsed.Seconds())
	return nil
}
