package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

const aboutImport = `demo serve --import FILE takes what az role definition list -o json and az role assignment list --all -o json
print, and the same in the shape of the REST API. A file's content tells what it is, and the order of files does not
matter. A file with a mistake is refused whole. Files are read at each start: what was deleted through the API comes
back at the next start as long as a file has it.
`

// help answers demo help, with or without the name of a command.
func help(args []string, stdout io.Writer) error {
	switch len(args) {
	case 0:
		fmt.Fprintln(stdout, "Demo is a local Azure Stack Hub to point real Azure clients at: AD FS or Entra ID, and Resource Manager.")
		fmt.Fprintln(stdout, "\nUsage: demo [command] [flags]")
		fmt.Fprintln(stdout)
		for _, c := range commands {
			fmt.Fprintf(stdout, "  %-12s%s\n", c.name, c.summary)
		}
		fmt.Fprintf(stdout, "\nWithout a command it is demo %s. demo help COMMAND lists a command's flags.\n\n%s", commands[0].name, aboutImport)
		return nil
	case 1:
		command, err := lookUp(args[0])
		if err != nil {
			return err
		}
		printHelp(stdout, command)
		return nil
	default:
		return usagef("help takes the name of one command")
	}
}

// printHelp writes what a command does and its flags, with the two dashes that everybody types. (Package flag, which takes
// one or two, writes one.)
func printHelp(w io.Writer, c command) {
	fmt.Fprintf(w, "Usage: demo %s [flags]\n\n%s\n", c.name, c.about)
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.define(flags)
	flags.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "\n  %s\n      %s", strings.TrimSpace("--"+f.Name+" "+value), usage)
		if f.DefValue != "" && f.DefValue != "false" {
			fmt.Fprintf(w, " (default %s)", f.DefValue)
		}
	})
	fmt.Fprintln(w)
}
