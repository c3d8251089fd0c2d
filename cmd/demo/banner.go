package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/rbac"
)

// printBanner says where the demo is, whom one can be and what to try.
func (s *site) printBanner(w io.Writer) error {
	_, err := io.WriteString(w, s.overview()+"\nCtrl-C ends it.\n")
	return err
}

// overview is the banner, and what a browser is shown. Nothing in it is secret.
func (s *site) overview() string {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "  %-18s %s\n", name, value) }
	b.WriteString("Hubgate demo\n\n")
	line("Resource Manager", s.url)
	if s.plainURL != "" {
		line("", s.plainURL+" (for curl and a browser on this machine)")
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
	for _, subscription := range s.inventory.Subscriptions() {
		text := subscription.ID
		if subscription.DisplayName != subscription.ID {
			text += " " + subscription.DisplayName
		}
		line("Subscription", text)
	}
	if len(s.options.imports) > 0 {
		line("Imported", fmt.Sprintf("%s, %s", count(len(s.imported.Roles), "role definition"), count(len(s.imported.Assignments), "role assignment")))
	}
	if s.options.external() && len(s.imported.Assignments) == 0 {
		line("Roles", "nobody has a role yet: --import FILE")
	}

	curl := `curl -sS -w '\n' --cacert ` + shellWord(s.ca.File()) + ` -H "Authorization: Bearer $TOKEN" `
	if s.options.external() {
		fmt.Fprintf(&b, "\nWith a token of your own in $TOKEN:\n\n  %s%s\n", curl, shellWord(s.url+"/subscriptions?api-version=2022-12-01"))
	} else {
		b.WriteString("\nSample principals (demo principals lists their credentials):\n\n")
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, p := range sample.Principals() {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", p.Name, p.Kind, s.about(p))
		}
		table.Flush()
		groups := s.url + "/subscriptions/" + sample.ProductionID + "/resourcegroups"
		fmt.Fprintf(&b, "\nGet a token, make a call that is allowed, and one that is not:\n\n  %s\n  %s%s\n  %s-X DELETE %s\n",
			"TOKEN=$("+s.tokenCommandLine()+")",
			curl, shellWord(groups+"?api-version=2021-04-01"),
			curl, shellWord(groups+"/app?api-version=2021-04-01"))
	}
	return b.String()
}

// about says in a few words what a sample principal may do.
func (s *site) about(p sample.Principal) string {
	ids := append(p.GroupIDs(), p.ObjectID)
	more := 0
	for _, a := range s.imported.Assignments {
		if !isSample(a) && slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, a.PrincipalID) }) {
			more++
		}
	}
	switch imported := count(more, "imported role assignment"); {
	case more == 0:
		return cmp.Or(p.About, "no role at all")
	case p.About == "":
		return imported
	default:
		return p.About + "; " + imported
	}
}

// isSample reports whether an imported assignment is one of the samples: what a demo exports has them in it.
func isSample(a rbac.RoleAssignment) bool {
	return slices.ContainsFunc(sample.RoleAssignments(), func(b rbac.RoleAssignment) bool { return strings.EqualFold(a.Name, b.Name) })
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
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
