package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/federation"
	"hubgate.example/cmd/demo/internal/imds"
	"hubgate.example/cmd/demo/internal/resourcemanager"
	"hubgate.example/cmd/demo/internal/sample"
)

// printBanner says where the demo is, whom one can be and what to try.
func (s *site) printBanner(w io.Writer) error {
	_, err := io.WriteString(w, s.overview()+s.commands()+"\nCtrl-C ends it.\n")
	return err
}

// overview says where the demo is and whom one can be: the first part of the banner, and what a browser is shown. Nothing in it
// is secret.
func (s *site) overview() string {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "  %-18s %s\n", name, value) }
	b.WriteString("Hubgate demo\n\n")
	line("Resource Manager", s.url)
	if s.plainURL != "" {
		line("", s.plainURL+" (for curl and a browser on this machine)")
	}
	if own := s.identity.own; own != nil {
		line("Authority", s.authority())
		line("Audience", own.installation.User.Audience)
		s.writeTenants(line)
		if own.federation != nil {
			line("GitHub Actions", own.federation.RequestURL())
			if s.plainURL != "" {
				line("Managed identity", s.plainURL+imds.MetadataPath)
			}
		}
		if s.adminURL != "" {
			line("Administration", s.adminURL)
			line("Audience", own.installation.Admin.Audience)
			writeSubscriptions(line, s.admin.inventory.Subscriptions())
		}
	} else {
		for _, provider := range s.providers {
			line("Authority", provider.Authority())
		}
		for _, audience := range s.identity.audiences {
			line("Audience", audience)
		}
		writeSubscriptions(line, s.user.inventory.Subscriptions())
	}
	s.writePolicy(line)
	if len(s.options.imports) > 0 {
		line("Imported", fmt.Sprintf("%s, %s", count(s.imported.Roles, "role definition"), count(s.imported.Assignments, "role assignment")))
	}
	if s.options.external() && s.imported.Assignments == 0 {
		line("Roles", "nobody has a role yet: --import FILE")
	}
	s.writePrincipals(&b)
	return b.String()
}

// writePolicy says what is asked of people who change something, where that is not nothing.
func (s *site) writePolicy(line func(name, value string)) {
	if s.options.asksMFA() {
		mode := s.options.mfa
		if s.options.mfaPOST {
			mode += ", POST too"
		}
		if s.options.mfaContext != "" {
			mode += ", by the authentication context " + s.options.mfaContext
		}
		line("MFA for changes", mode)
	}
	for i, text := range s.options.mfaExempt {
		if !time.Now().Before(s.mfa.Exceptions[i].Until) {
			text += ", which is over"
		}
		line("Exempt", text)
	}
	if context := s.options.deleteGroupContext; context != "" {
		line("Group deletion", "by users with the authentication context "+context)
	}
}

// authority is what clients sign in at, as one would write it down.
func (s *site) authority() string {
	if s.options.provider == entra {
		return s.url + "/{tenant}"
	}
	return s.identity.loginEndpoint
}

// writeTenants lists the subscriptions, each below its tenant where there are several.
func (s *site) writeTenants(line func(name, value string)) {
	subscriptions := s.user.inventory.Subscriptions()
	tenants := s.identity.own.installation.Tenants
	if len(tenants) == 1 {
		writeSubscriptions(line, subscriptions)
		return
	}
	for _, tenant := range tenants {
		about := tenant.ID + " " + tenant.DisplayName + ", " + tenant.Domain
		if !slices.Contains(s.user.verifier.Tenants(), tenant.ID) {
			line("Tenant", about+", not registered")
			continue
		}
		line("Tenant", about)
		writeSubscriptions(line, slices.DeleteFunc(slices.Clone(subscriptions), func(s resourcemanager.Subscription) bool {
			return s.Tenant != tenant.ID
		}))
	}
}

func writeSubscriptions(line func(name, value string), subscriptions []resourcemanager.Subscription) {
	for _, subscription := range subscriptions {
		text := subscription.ID
		if subscription.DisplayName != subscription.ID {
			text += " " + subscription.DisplayName
		}
		line("Subscription", text)
	}
}

// writePrincipals lists the sample principals, if they are there.
func (s *site) writePrincipals(b *strings.Builder) {
	if s.identity.own == nil {
		return
	}
	b.WriteString("\nSample principals (demo principals lists their credentials):\n\n")
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	installation := s.identity.own.installation
	for _, tenant := range installation.Tenants {
		for _, p := range tenant.Principals() {
			columns := []string{p.Name, string(p.Kind)}
			if len(installation.Tenants) > 1 {
				columns = append(columns, tenant.DisplayName)
			}
			fmt.Fprintf(table, "  %s\t%s\n", strings.Join(columns, "\t"), s.about(p))
		}
	}
	table.Flush()
}

// commands are what to paste. They name files of this machine.
func (s *site) commands() string {
	curl := `curl -sS -w '\n' --cacert ` + shellWord(s.ca.File()) + ` -H "Authorization: Bearer $TOKEN" `
	trust := fmt.Sprintf("\nThe CA to trust is in %s\n", s.ca.File())
	if s.identity.own == nil {
		return trust + fmt.Sprintf("\nWith a token of your own in $TOKEN:\n\n  %s%s\n", curl, shellWord(s.url+"/subscriptions?api-version=2022-12-01"))
	}
	if s.identity.own.federation != nil {
		trust += fmt.Sprintf("The token of a pod is in %s, and what a job shows for its own in %s\n",
			s.dir.File(federation.KubernetesToken), s.dir.File(federation.GitHubRequestToken))
	}
	groups := s.url + "/subscriptions/" + sample.ProductionID + "/resourcegroups"
	return trust + fmt.Sprintf("\nGet a token, make a call that is allowed, and one that is not:\n\n  %s\n  %s%s\n  %s-X DELETE %s\n",
		"TOKEN=$("+s.tokenCommandLine()+")",
		curl, shellWord(groups+"?api-version=2021-04-01"),
		curl, shellWord(groups+"/app?api-version=2021-04-01"))
}

// about says in a few words what a sample principal may do.
func (s *site) about(p sample.Principal) string {
	more := s.importedFor[p.ObjectID]
	switch imported := count(more, "imported role assignment"); {
	case more == 0:
		return cmp.Or(p.About, "no role at all")
	case p.About == "":
		return imported
	default:
		return p.About + "; " + imported
	}
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
