package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"hubgate.example/bench/decide"
	"hubgate.example/bench/startup"
)

// startsTimeout bounds the starts of one kind: of a slow one there are fewer than planned, one at least.
const startsTimeout = time.Minute

// starts are how long the demo took to its first answer, in nanoseconds.
type starts struct {
	first, again, imported []float64
	// importBytes is the length of the imported file.
	importBytes int64
}

func (m *measurement) startDemo(ctx context.Context, scratch string) error {
	address, err := startup.FreeAddress()
	if err != nil {
		return err
	}
	demo := startup.Demo{Program: m.programs["demo"], Address: address}
	if m.start.first, err = m.repeat(func(i int) (time.Duration, error) {
		demo.Data = filepath.Join(scratch, fmt.Sprintf("data%d", i))
		if err := os.Mkdir(demo.Data, 0o700); err != nil {
			return 0, err
		}
		return demo.First(ctx)
	}); err != nil {
		return err
	}
	if demo.Token, err = demo.FetchToken(ctx); err != nil {
		return err
	}
	again := func(int) (time.Duration, error) { return demo.First(ctx) }
	if m.start.again, err = m.repeat(again); err != nil {
		return err
	}
	demo.Imports = []string{filepath.Join(scratch, "imported.json")}
	if m.start.importBytes, err = startup.WriteImport(demo.Imports[0], decide.NewWorkload(m.plan.imported).Policy); err != nil {
		return err
	}
	m.start.imported, err = m.repeat(again)
	return err
}

func (m *measurement) repeat(start func(i int) (time.Duration, error)) ([]float64, error) {
	var times []float64
	begin := time.Now()
	for i := range m.plan.starts {
		if i > 0 && time.Since(begin) > startsTimeout {
			break
		}
		elapsed, err := start(i)
		if err != nil {
			return nil, err
		}
		times = append(times, float64(elapsed))
	}
	return times, nil
}
