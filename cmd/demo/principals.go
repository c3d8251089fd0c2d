package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/openid"
	"hubgate.example/rbac"
)

var principalsCommand = command{
	name:    "principals",
	summary: "list the sample principals with their credentials",
	about: "Principals lists the sample principals: who they are, what they prove themselves with, and what they may do.\n" +
		"While a demo runs that trusts another identity provider there are none.\n" +
		"The roles are those of the samples: what --subscription and --import add, and what changes while a demo runs, is not\n" +
		"in the list.",
	define: func(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
		var output, data string
		flags.StringVar(&output, "output", "text", "write `FORMAT` text or json")
		dataFlag(flags, &data)
		return func(ctx context.Context, stdout, _ io.Writer) error { return listPrincipals(ctx, output, data, stdout) }
	},
}

// A principalEntry is a sample principal as demo principals --output json writes it. What does not apply is left out.
type principalEntry struct {
	Name            string      `json:"name"`
	Kind            openid.Kind `json:"kind"`
	TenantID        string      `json:"tenantId"`
	ObjectID        string      `json:"objectId"`
	ApplicationID   string      `json:"applicationId,omitempty"`
	ClientSecret    string      `json:"clientSecret,omitempty"`
	CertificateFile string      `json:"certificateFile,omitempty"`
	Username        string      `json:"username,omitempty"`
	Password        string      `json:"password,omitempty"`
	Groups          []string    `json:"groups,omitempty"`
	Roles           []string    `json:"roles,omitempty"`
}

func listPrincipals(ctx context.Context, output, data string, stdout io.Writer) error {
	if output != "text" && output != "json" {
		return usagef("--output: %q is neither text nor json", output)
	}
	dir, err := openData(data, datadir.Open)
	if err != nil {
		return err
	}
	entries := []principalEntry{} // [] in JSON, never null
	demo, err := readRunning(dir)
	external := err == nil && demo.TokenEndpoint == "" && demo.alive(ctx, dir)
	if !external {
		credentials, err := sample.OpenCredentials(dir)
		if err != nil {
			return err
		}
		for _, p := range sample.Principals() {
			entries = append(entries, newPrincipalEntry(p, credentials))
		}
	}
	if output == "json" {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(entries)
	}
	return printPrincipals(stdout, entries)
}

func newPrincipalEntry(p sample.Principal, credentials *sample.Credentials) principalEntry {
	entry := principalEntry{
		Name:            p.Name,
		Kind:            p.Kind,
		TenantID:        sample.Tenant,
		ObjectID:        p.ObjectID,
		ApplicationID:   p.ApplicationID,
		CertificateFile: credentials.CertificateFile(p),
		Username:        p.Username,
		Groups:          p.GroupIDs(),
		Roles:           rolesOf(p),
	}
	if p.Kind == openid.KindUser {
		entry.Password = credentials.Secret(p)
	} else {
		entry.ClientSecret = credentials.Secret(p)
	}
	return entry
}

// rolesOf says in words what a sample principal may do at the start: "Owner at /subscriptions/{id}".
func rolesOf(p sample.Principal) []string {
	var roles []string
	for _, assignment := range p.RoleAssignments() {
		name := assignment.RoleDefinitionID
		for _, role := range rbac.BuiltInRoles() {
			if role.ID == name {
				name = role.RoleName
			}
		}
		roles = append(roles, name+" at "+assignment.Scope)
	}
	return roles
}

func printPrincipals(w io.Writer, entries []principalEntry) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, e := range entries {
		if i > 0 {
			fmt.Fprintln(table)
		}
		fmt.Fprintln(table, e.Name)
		for _, row := range [][2]string{
			{"kind", string(e.Kind)},
			{"tenant id", e.TenantID},
			{"object id", e.ObjectID},
			{"application id", e.ApplicationID},
			{"client secret", e.ClientSecret},
			{"certificate file", e.CertificateFile},
			{"user name", e.Username},
			{"password", e.Password},
			{"groups", strings.Join(e.Groups, ", ")},
			{"roles", strings.Join(e.Roles, ", ")},
		} {
			if row[1] != "" {
				fmt.Fprintf(table, "  %s\t%s\n", row[0], row[1])
			}
		}
	}
	return table.Flush()
}
