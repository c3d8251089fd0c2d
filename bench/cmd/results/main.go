package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// resultsFile is where the results go unless a flag says otherwise.
const resultsFile = "RESULTS.md"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // who looks at the progress may leave
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "results:", err)
		os.Exit(1)
	}
}

// run measures everything, and tells the progress on log.
func run(ctx context.Context, args []string, stdout, log io.Writer) (err error) {
	flags := flag.NewFlagSet("results", flag.ContinueOnError)
	flags.SetOutput(log)
	output := flags.String("o", "", "write the results to `FILE` (default RESULTS.md of the module, with -quick the standard output)")
	raw := flags.String("raw", "", "write what the benchmarks print to `FILE`, for benchstat")
	quick := flags.Bool("quick", false, "measure as little as shows that nearly everything works")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	plan := fullPlan
	if *quick {
		plan = quickPlan
	}
	module, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	if *output == "" && !*quick {
		*output = filepath.Join(module, resultsFile)
	}
	scratch, err := os.MkdirTemp("", "results")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	m := &measurement{plan: plan, machine: readMachine(ctx, module), begin: time.Now(), log: log, raw: io.Discard}
	if *output != "" { // or a quarter of an hour is for nothing
		file, err := os.OpenFile(*output, os.O_WRONLY|os.O_CREATE, 0o666)
		if err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	if *raw != "" {
		file, err := os.Create(*raw)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		m.raw = file
	}
	if err := m.build(ctx, module, scratch); err != nil {
		return err
	}
	if err := m.measure(ctx, scratch); err != nil {
		return err
	}
	m.took = time.Since(m.begin)
	if *output == "" {
		_, err := io.WriteString(stdout, m.report())
		return err
	}
	return os.WriteFile(*output, []byte(m.report()), 0o666)
}
