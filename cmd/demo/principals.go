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
	about: "Principals lists the sample principals: who they are, what they prove themselves with, and what they may do. Who is in\n" +
		"several directory tenants is listed in each, with an object id and roles of its own there.\n" +
		"While a demo runs that trusts another identity provider there are none.\n" +
		"The roles are those of the samples: what --subscription and --import add, and what changes while a demo runs, is not\n" +
		"in the list.",
	define: func(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
		var output, provider, data string
		flags.StringVar(&output, "output", "text", "write `FORMAT` text or json")
		flags.StringVar(&provider, "provider", "", "list those of `NAME` adfs or entra; without it those of the demo that runs or, when none does, of adfs")
		dataFlag(flags, &data)
		return func(ctx context.Context, stdout, _ io.Writer) error {
			return listPrincipals(ctx, output, provider, data, stdout)
		}
	},
}

// A principalEntry is a sample principal as demo principals --output json writes it. What does not apply is left out.
type principalEntry struct {
	Name            string      `json:"name"`
	Kind            openid.Kind `json:"kind"`
	TenantID        string      `json:"tenantId"`
	TenantName      string      `json:"tenantName"`
	HomeTenantID    string      `json:"homeTenantId,omitempty"` // of a guest
	ObjectID        string      `json:"objectId"`
	ApplicationID   string      `json:"applicationId,omitempty"`
	ResourceID      string      `json:"resourceId,omitempty"` // of a managed identity, or of the resource that it belongs to
	ClientSecret    string      `json:"clientSecret,omitempty"`
	CertificateFile string      `json:"certificateFile,omitempty"`
	Username        string      `json:"username,omitempty"`
	Password        string      `json:"password,omitempty"`
	MFA             bool        `json:"mfa,omitempty"` // a password alone is refused
	Groups          []string    `json:"groups,omitempty"`
	Roles           []string    `json:"roles,omitempty"`
}

func listPrincipals(ctx context.Context, output, provider, data string, stdout io.Writer) error {
	switch {
	case output != "text" && output != "json":
		return usagef("--output: %q is neither text nor json", output)
	case provider != "" && provider != adfs && provider != entra:
		return usagef("--provider: %q is neither adfs nor entra", provider)
	}
	dir, err := openData(data, datadir.Open)
	if err != nil {
		return err
	}
	demo, err := readRunning(dir)
	runs := provider == "" && err == nil && demo.alive(ctx, dir)
	if runs {
		provider = demo.Provider
	}
	entries := []principalEntry{} // [] in JSON, never null
	if !runs || provider != "" {
		installation := installationOf(provider)
		credentials, err := sample.OpenCredentials(dir, installation)
		if err != nil {
			return err
		}
		for _, tenant := range installation.Tenants {
			for _, p := range tenant.Principals() {
				entry := newPrincipalEntry(p, credentials)
				entry.TenantName = tenant.DisplayName
				entry.Roles = roleNames(installation.RoleAssignmentsOf(p))
				entries = append(entries, entry)
			}
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
		TenantID:        p.Tenant,
		HomeTenantID:    p.HomeTenant,
		ObjectID:        p.ObjectID,
		ApplicationID:   p.ApplicationID,
		ResourceID:      p.ManagedIdentity,
		CertificateFile: credentials.CertificateFile(p),
		Username:        p.Username,
		MFA:             p.MFA,
		Groups:          p.GroupIDs(),
	}
	if p.IsUser() {
		entry.Password = credentials.Secret(p)
	} else {
		entry.ClientSecret = credentials.Secret(p)
	}
	return entry
}

// roleNames says in words what somebody may do: "Owner at /subscriptions/{id}".
func roleNames(assignments []rbac.RoleAssignment) []string {
	var roles []string
	for _, assignment := range assignments {
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
		groups := strings.Join(e.Groups, ", ")
		if len(e.Groups) > 10 {
			groups = count(len(e.Groups), "group")
		}
		factor := ""
		if e.MFA {
			factor = "demanded"
		}
		for _, row := range [][2]string{
			{"kind", string(e.Kind)},
			{"tenant", e.TenantName},
			{"tenant id", e.TenantID},
			{"home tenant id", e.HomeTenantID},
			{"object id", e.ObjectID},
			{"application id", e.ApplicationID},
			{"resource id", e.ResourceID},
			{"client secret", e.ClientSecret},
			{"certificate file", e.CertificateFile},
			{"user name", e.Username},
			{"password", e.Password},
			{"second factor", factor},
			{"groups", groups},
			{"roles", strings.Join(e.Roles, ", ")},
		} {
			if row[1] != "" {
				fmt.Fprintf(table, "  %s\t%s\n", row[0], row[1])
			}
		}
	}
	return table.Flush()
}
