package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
)

// printBanner says where the demo is, whom one can be and what to try.
func (s *site) printBanner(w io.Writer, plainURL string) error {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "  %-18s %s\n", name, value) }
	b.WriteString("Hubgate demo\n\n")
	line("Resource Manager", s.url)
	if plainURL != "" {
		line("", plainURL+" (for curl and a browser on this machine)")
	}
	for _, provider := range s.providers {
		line("Authority", provider.Authority())
	}
	audiences := s.identity.audiences
	if !s.options.external() {
		audiences = audiences[:1] // the other is the same with a slash
	}
	for _, audience := range audiences {
		line("Audience", audience)
	}
	line("CA to trust", s.ca.File())

	curl := "curl -sS --cacert " + shellWord(s.ca.File()) + ` -H "Authorization: Bearer $TOKEN" `
	if s.options.external() {
		fmt.Fprintf(&b, "\nWith a token of your own in $TOKEN:\n\n  %s%s\n", curl, shellWord(s.url+"/subscriptions?api-version=2022-12-01"))
	} else {
		b.WriteString("\nSample principals (demo principals lists their credentials):\n\n")
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, p := range sample.Principals() {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", p.Name, p.Kind, p.About)
		}
		table.Flush()
		groups := s.url + "/subscriptions/" + sample.ProductionID + "/resourcegroups"
		fmt.Fprintf(&b, "\nGet a token, make a call that is allowed, and one that is not:\n\n  %s\n  %s%s\n  %s-X DELETE %s\n",
			"TOKEN=$("+s.tokenCommandLine()+")",
			curl, shellWord(groups+"?api-version=2021-04-01"),
			curl, shellWord(groups+"/app?api-version=2021-04-01"))
	}
	b.WriteString("\nCtrl-C ends it.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// tokenCommandLine is demo token for the demo that runs, in words for a shell. It names this very program, because go run
// leaves no other that every shell could find, and the data directory unless it is the default.
func (s *site) tokenCommandLine() string {
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}
	line := shellWord(program) + " token --as reader"
	if standard, err := datadir.Default(); err != nil || standard != s.options.data {
		line += " --data " + shellWord(s.dir.Path())
	}
	return line
}
