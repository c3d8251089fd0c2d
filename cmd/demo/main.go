package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// A command is what the first argument chooses.
type command struct {
	name    string
	summary string
	about   string // what --help says before the flags
	// define adds the command's flags and returns what runs it once they are parsed.
	define func(flags *flag.FlagSet) func(ctx context.Context, stdout, stderr io.Writer) error
}

// commands are in the order in which help lists them. The first is the default.
var commands = []command{serveCommand, tokenCommand, principalsCommand, mfaReportCommand, revokeCommand}

// A usageError is a command line that cannot be: the status is 2.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func main() {
	// The first signal drains; after that a second one ends the process at once, as if nothing had been caught.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := dispatch(ctx, args, stdout, stderr)
	if err == nil {
		return 0
	}
	// One line, whatever the error is joined of.
	fmt.Fprintln(stderr, "demo:", strings.ReplaceAll(err.Error(), "\n", "; "))
	if _, wrong := errors.AsType[usageError](err); wrong {
		return 2
	}
	return 1
}

func dispatch(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	name := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	switch name {
	case "help":
		return help(args, stdout)
	case "":
		if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
			return help(nil, stdout)
		}
		name = commands[0].name
	}
	command, err := lookUp(name)
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are returned, and help is written by printHelp
	start := command.define(flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		printHelp(stdout, command)
		return nil
	case err != nil:
		return usagef("%s (demo %s --help lists the flags)", withTwoDashes(err.Error()), name)
	case flags.NArg() > 0:
		return usagef("unexpected argument %q (demo %s --help lists the flags)", flags.Arg(0), name)
	}
	return start(ctx, stdout, stderr)
}

// withTwoDashes names the flag of an error of package flag, which writes one dash, as everybody types it.
func withTwoDashes(message string) string {
	for _, about := range []string{"flag provided but not defined: ", "flag needs an argument: "} {
		if name, ok := strings.CutPrefix(message, about); ok {
			return about + "-" + name
		}
	}
	return message
}

func lookUp(name string) (command, error) {
	for _, c := range commands {
		if c.name == name {
			return c, nil
		}
	}
	return command{}, usagef("unknown command %q (demo help lists the commands)", name)
}
