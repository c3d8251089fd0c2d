package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
)

// Whatever is wrong ends with one line that names it, and with nothing on standard output.
func TestErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	// Whatever the command line names, nothing of it is asked for anything before the command line is right.
	provider, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	go func() {
		for {
			connection, err := provider.Accept()
			if err != nil {
				return
			}
			connection.Close()
			t.Errorf("a connection to the identity provider")
		}
	}()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	broken := write("broken.json", `[{"name":`)
	noRole := write("norole.json", `[{"name":"6a0c1f0e-6d5b-4d0b-8a5e-0c1d2e3f4a5b","scope":"/","principalId":"6a0c1f0e-6d5b-4d0b-8a5e-0c1d2e3f4a5b",
		"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/11111111-2222-4333-8444-555555555555"}]`)
	noPEM := write("no.pem", "no PEM")
	fresh := filepath.Join(dir, "fresh")

	const guid = "6a0c1f0e-6d5b-4d0b-8a5e-0c1d2e3f4a5b"
	var (
		login  = "https://" + provider.Addr().String()
		entra  = login + "/" + guid
		other  = login + "/" + sample.ADFS().Home()
		common = login + "/common"
		ours   = login + "/adfs"
	)
	started := func(more ...string) []string {
		return append([]string{"--listen", "127.0.0.1:0", "--listen-http", "", "--listen-admin", "", "--data", fresh}, more...)
	}
	external := func(more ...string) []string {
		return append([]string{"--listen", "127.0.0.1:0", "--listen-http", "", "--listen-admin", "", "--data", filepath.Join(dir, "external"), "--audience", "https://api.example"}, more...)
	}
	exempt := func(text string) []string {
		return started("--provider", "entra", "--mfa", "enforce", "--mfa-exempt", text)
	}
	for _, test := range []struct {
		name   string
		args   []string
		status int
		want   string // in the line
	}{
		{"unknown command", []string{"run"}, 2, `unknown command "run"`},
		{"unknown flag", []string{"--prot", "1"}, 2, "not defined: --prot "},
		{"unknown flag of a command", []string{"token", "--who", "x"}, 2, "not defined: --who "},
		{"flag without value", []string{"--listen"}, 2, "needs an argument: --listen "},
		{"argument", []string{"serve", "now"}, 2, `unexpected argument "now"`},
		{"help for an unknown command", []string{"help", "run"}, 2, `unknown command "run"`},
		{"help for two", []string{"help", "serve", "token"}, 2, "one command"},
		{"help for a flag", []string{"help", "--json"}, 2, "--json"},

		{"listen without port", []string{"--listen", "localhost"}, 2, "--listen: "},
		{"listen elsewhere", []string{"--listen", "192.0.2.1:8443"}, 2, "--listen: "},
		{"plain HTTP for everyone", []string{"--listen-http", "0.0.0.0:8080"}, 2, "--listen-http: "},
		{"plain HTTP on every interface", []string{"--listen-http", ":8080"}, 2, "--listen-http: "},
		{"port in use", []string{"--listen", taken.Addr().String(), "--data", fresh}, 1, "--listen: listen tcp " + taken.Addr().String() + ": bind: address already in use"},
		{"plain port in use", []string{"--listen", "127.0.0.1:0", "--listen-http", taken.Addr().String(), "--data", fresh}, 1, "--listen-http: listen tcp"},
		{"administrator's port in use", []string{"--listen", "127.0.0.1:0", "--listen-http", "", "--listen-admin", taken.Addr().String(), "--data", fresh}, 1, "--listen-admin: listen tcp"},
		{"administrator elsewhere", []string{"--listen-admin", "192.0.2.1:8444"}, 2, "--listen-admin: "},
		{"port unknown", []string{"--listen", "127.0.0.1:nothing", "--data", fresh}, 1, "--listen: "},
		{"provider", []string{"--provider", "okta"}, 2, `--provider: "okta" is neither adfs nor entra`},
		{"provider and authority", external("--provider", "entra", "--authority", entra), 2, "--provider: "},
		{"provider and Resource Manager", []string{"--provider", "entra", "--resource-manager", login}, 2, "--provider: "},
		{"MFA in another mode", []string{"--mfa", "on"}, 2, `--mfa: "on" is none of off, audit, enforce`},
		{"POST without MFA", []string{"--mfa-post"}, 2, "--mfa-post: is for --mfa audit and --mfa enforce"},
		{"context without MFA", []string{"--provider", "entra", "--mfa-context", "c1"}, 2, "--mfa-context: is for --mfa audit and --mfa enforce"},
		{"context of no tenant", []string{"--provider", "entra", "--mfa", "audit", "--mfa-context", "c100"}, 2, `--mfa-context: "c100" is neither p1, the default, nor one of c1 to c99`},
		{"context of an AD FS", started("--mfa", "enforce", "--mfa-context", "c1"), 2, "--mfa-context: is for Entra ID"},
		{"context of another's AD FS", external("--authority", ours, "--mfa", "enforce", "--mfa-context", "c1", "--mfa-claim", "amr=mfa"), 2, "--mfa-context: is for Entra ID"},
		{"deletion by no context", []string{"--provider", "entra", "--delete-group-context", "C1"}, 2, `--delete-group-context: "C1" is none of c1 to c99`},
		{"deletion by a context of an AD FS", started("--delete-group-context", "c1"), 2, "--delete-group-context: is for Entra ID"},
		{"exemption without MFA", []string{"--mfa-exempt", "principal=owner,until=2999-01-31"}, 2, "--mfa-exempt: is for --mfa audit and --mfa enforce"},
		{"exemption of nobody", exempt("until=2999-01-31"), 2, "--mfa-exempt until=2999-01-31: exactly one of principal, group and application is required"},
		{"exemption of two", exempt("principal=owner,group=" + guid + ",until=2999-01-31"), 2, "exactly one of principal, group and application is required"},
		{"exemption for ever", exempt("principal=owner"), 2, "--mfa-exempt principal=owner: until is required"},
		{"exemption until some time", exempt("principal=owner,until=100%"), 2, `--mfa-exempt principal=owner,until=100%: until: "100%" is neither like 2027-01-31 nor`},
		{"exemption until a day that is none", exempt("principal=owner,until=2027-02-30"), 2, `until: "2027-02-30" is neither`},
		{"exemption of something else", exempt("role=owner,until=2999-01-31"), 2, `"role=owner" is none of principal=, group=, application=, until= and tenant=`},
		{"exemption of nothing", exempt("principal=,until=2999-01-31"), 2, "principal is empty"},
		{"exemption that is empty", exempt(""), 2, `"" is none of principal=`},
		{"exemption until twice", exempt("principal=owner,until=2999-01-31,until=2998-01-31"), 2, "until is there twice"},
		{"exemption of a stranger", exempt("principal=somebody,until=2999-01-31"), 2, `principal: "somebody" is neither a GUID nor a SID, nor is it a sample principal of that tenant`},
		{"exemption of a principal of another tenant", exempt("principal=partner,tenant=hubgate.example,until=2999-01-31"), 2, `principal: "partner" is neither`},
		{"exemption of a group by name", exempt("group=readers,until=2999-01-31"), 2, `group: "readers" is neither a GUID nor a SID`},
		{"exemption of an application by name", exempt("application=az,until=2999-01-31"), 2, `application: "az" is not a GUID`},
		{"exemption in another tenant", exempt("group=" + guid + ",tenant=contoso.example,until=2999-01-31"), 2, `tenant: tokens of "contoso.example" are not accepted, only those of `},
		{"exemption of a sample of another's provider", external("--authority", entra, "--mfa", "audit", "--mfa-exempt", "principal=owner,until=2999-01-31"), 2, `principal: "owner" is neither a GUID nor a SID`},
		{"exemption in a tenant that another's provider has not", external("--authority", entra, "--mfa", "audit", "--mfa-exempt", "principal="+guid+",tenant="+sample.ADFS().Home()+",until=2999-01-31"), 2, "tenant: tokens of "},
		{"exemption of a blank application", external("--authority", ours, "--mfa", "audit", "--mfa-claim", "amr=mfa", "--mfa-exempt", "application= ,until=2999-01-31"), 2, `application: " " has blanks at its ends`},
		{"audit file without audit", []string{"--mfa", "enforce", "--mfa-audit", "x"}, 2, "--mfa-audit: is for --mfa audit"},
		{"audit file of something else", started("--mfa", "audit", "--mfa-audit", broken), 1, "--mfa-audit: "},
		{"audit file nowhere", started("--mfa", "audit", "--mfa-audit", filepath.Join(dir, "none", "x")), 1, "--mfa-audit: "},
		{"MFA claim of the demo's own", []string{"--mfa-claim", "amr=mfa"}, 2, "--mfa-claim: is for --authority"},
		{"MFA of an AD FS without its claim", external("--authority", ours, "--mfa", "enforce"), 2, "--mfa-claim: is required with --mfa enforce"},
		{"audit of an AD FS without its claim", external("--authority", ours, "--mfa", "audit"), 2, "--mfa-claim: is required with --mfa audit"},
		{"MFA claim without a value", external("--authority", ours, "--mfa-claim", "amr"), 2, "--mfa-claim: is empty"},
		{"workload claim of the demo's own", []string{"--workload-claim", "role=Workload"}, 2, "--workload-claim: is for --authority"},
		{"workload claim without a value", external("--authority", ours, "--workload-claim", "role"), 2, "--workload-claim: is empty"},
		{"workload claim of Entra ID", external("--authority", entra, "--workload-claim", "role=Workload"), 2, "--workload-claim: is for AD FS"},
		{"MFA claim of Entra ID", external("--authority", entra, "--mfa-claim", "amr=mfa"), 2, "--mfa-claim: is for AD FS"},
		{"empty pages", []string{"--page-size", "0"}, 2, "--page-size: 0"},
		{"log format", []string{"--log-format", "xml"}, 2, "--log-format: "},
		{"log level", []string{"--log-level", "loud"}, 2, `--log-level: "loud" is none of debug, info, warn, error`},
		{"no data directory", []string{"--data", ""}, 2, "--data: names no directory"},
		{"data directory is a file", []string{"--data", broken}, 1, "--data: "},
		{"subscription no GUID", []string{"--subscription", "mine"}, 2, `--subscription: "mine"`},
		{"subscription twice", started("--subscription", guid, "--subscription", strings.ToUpper(guid)), 2, "--subscription: " + strings.ToUpper(guid) + " is given twice"},
		{"subscription of the samples", started("--subscription", sample.SandboxID), 2, "--subscription: " + sample.SandboxID + " is a sample subscription"},
		{"subscription of another tenant", started("--subscription", guid+":"+guid), 2, "--subscription: " + guid + ": tokens of the tenant \"" + guid + "\" are not accepted, only those of " + sample.ADFS().Home()},
		{"subscription of another provider's other tenant", external("--authority", entra, "--subscription", guid+":"+sample.ADFS().Home()), 2, "--subscription: "},
		{"subscription of a tenant that is none", external("--authority", entra, "--subscription", guid+":contoso"), 2, "--subscription: "},

		{"import of nothing", []string{"--import", filepath.Join(dir, "none.json"), "--data", fresh}, 1, "--import: "},
		{"import of no JSON", []string{"--import", broken, "--data", fresh}, 1, broken},
		{"import of an assignment without its role", []string{"--import", noRole, "--data", fresh}, 1, noRole},

		{"authority without audience", []string{"--authority", entra}, 2, "--audience: is required"},
		{"audience without authority", []string{"--audience", "https://api.example"}, 2, "--audience: "},
		{"tenant without authority", []string{"--tenant", guid}, 2, "--tenant: "},
		{"CA file without authority", []string{"--ca-file", noPEM}, 2, "--ca-file: "},
		{"authority and Resource Manager", []string{"--authority", entra, "--audience", "x", "--resource-manager", login}, 2, "--resource-manager: "},
		{"audience and Resource Manager", []string{"--audience", "x", "--resource-manager", login}, 2, "--audience: "},
		{"authority over plain HTTP", external("--authority", "http://login.example/"+guid), 2, "--authority http://login.example/" + guid + ": "},
		{"authority no URL", external("--authority", "nonsense"), 2, "--authority nonsense: \"nonsense\" is not an https URL"},
		{"authority without tenant", external("--authority", login), 2, "--authority " + login + ": an Entra ID v1 authority has the form"},
		{"authority twice", external("--authority", entra, "--authority", entra+"/"), 2, "--authority: authority " + entra + " is there twice"},
		{"empty audience", []string{"--listen", "127.0.0.1:0", "--listen-http", "", "--listen-admin", "", "--data", fresh, "--authority", entra, "--audience", ""}, 2, "--audience: is empty"},
		{"many tenants and none named", external("--authority", common), 2, "--tenant: is required"},
		{"tenant no GUID", external("--authority", common, "--tenant", "contoso"), 2, "--tenant: \"contoso\" is not a directory tenant's GUID"},
		{"tenant that is none of the AD FS", external("--authority", ours+"/"+guid, "--tenant", "zz"), 2, "--tenant: \"zz\" is not the tenant in Authority"},
		{"tenant that an AD FS cannot have", external("--authority", ours, "--tenant", "z z"), 2, "--tenant: \"z z\" is not a tenant id"},
		{"tenants without the authority's", external("--authority", entra, "--authority", other, "--tenant", guid), 2, "--tenant: lacks " + sample.ADFS().Home() + ", the tenant of " + other},
		{"consumers", external("--authority", login+"/consumers"), 2, "--authority " + login + "/consumers: consumer accounts"},
		{"AD FS of two tenants", external("--authority", ours, "--tenant", guid, "--tenant", sample.ADFS().Home()), 2, "--tenant: "},
		{"two AD FS of one tenant", external("--authority", ours, "--authority", "https://"+free.Addr().String()+"/adfs"), 2, "--authority: " + ours + " and "},
		{"AD FS and Entra ID", external("--authority", ours, "--authority", entra), 2, "--authority: AD FS and Entra ID do not mix"},
		{"Entra ID and AD FS", external("--authority", entra, "--authority", ours), 2, "--authority: AD FS and Entra ID do not mix"},
		{"CA file is none", external("--authority", ours, "--ca-file", noPEM), 1, noPEM},
		{"CA file missing", external("--authority", ours, "--ca-file", filepath.Join(dir, "none.pem")), 1, "--ca-file: "},
		{"Resource Manager cannot be reached", []string{"--listen", "127.0.0.1:0", "--listen-http", "", "--listen-admin", "", "--data", fresh, "--resource-manager", "https://" + free.Addr().String()}, 1, "--resource-manager: "},

		{"token of nobody", []string{"token"}, 2, "--as: "},
		{"token of a stranger", []string{"token", "--as", "somebody"}, 2, "owner, contributor, reader, outsider, deployer, operator, operations, engineer, visitor, consultant, member, web1, pipeline, resolver, partner, stranger"},
		{"token without data directory", []string{"token", "--as", "owner", "--data", filepath.Join(dir, "none")}, 1, "--data: "},
		{"token without demo", []string{"token", "--as", "owner", "--data", dir}, 1, "no demo is running with the data directory " + dir + ": demo serve --data " + dir + " starts one"},
		{"report in another form", []string{"mfa-report", "--output", "yaml", "--data", dir}, 2, "--output: "},
		{"report without data directory", []string{"mfa-report", "--data", filepath.Join(dir, "none")}, 1, "--data: "},
		{"report without a list", []string{"mfa-report", "--data", dir}, 1, "there is no list at " + filepath.Join(dir, mfaAuditFile) + ": demo serve --mfa audit makes one"},
		{"report of something else", []string{"mfa-report", "--data", dir, "--mfa-audit", broken}, 1, broken},
		{"revocation of nobody", []string{"revoke"}, 2, "--as: is required without --everybody"},
		{"revocation of everybody without demo", []string{"revoke", "--everybody", "--data", dir}, 1, "no demo is running with the data directory " + dir},
		{"revocation without demo", []string{"revoke", "--as", "owner", "--data", dir}, 1, "no demo is running with the data directory " + dir},
		{"principals without data directory", []string{"principals", "--data", filepath.Join(dir, "none")}, 1, "--data: "},
		{"principals of another provider", []string{"principals", "--provider", "okta", "--data", dir}, 2, `--provider: "okta" is neither adfs nor entra`},
		{"principals in another form", []string{"principals", "--output", "yaml", "--data", dir}, 2, "--output: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), test.args, &stdout, &stderr)
			if status != test.status || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("status %d: %s; want %d: %s", status, &stderr, test.status, test.want)
			}
			if line := stderr.String(); !strings.HasPrefix(line, "demo: ") || strings.Count(line, "\n") != 1 {
				t.Errorf("not one line: %q", line)
			}
			if stdout.Len() > 0 {
				t.Errorf("standard output: %s", &stdout)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, test := range []struct {
		args string
		want []string
	}{
		{"help", []string{"serve", "token", "principals", "mfa-report", "revoke", "--import FILE takes", "comes\nback at the next start"}},
		{"--help", []string{"serve", "token", "principals"}},
		{"-h", []string{"serve", "token", "principals"}},
		{"help serve", []string{"--listen ADDR", "(default 127.0.0.1:8443)", "--listen-http ADDR", "--listen-admin ADDR", "(default 127.0.0.1:8444)", "--provider NAME", "(default adfs)", "--authority URL", "--audience URI",
			"--tenant ID", "--ca-file PEM", "--resource-manager URL", "--data DIR", "--subscription ID[:TENANT]", "--import FILE",
			"demo help says more", "--log-format FORMAT", "--log-level LEVEL", "--mfa MODE", "(default off)", "--mfa-audit FILE", "--mfa-claim NAME=VALUE", "--workload-claim NAME=VALUE",
			"\n  --mfa-post\n", "--mfa-context ID", "--mfa-exempt WHO=ID,until=TIME", "--delete-group-context ID"}},
		{"revoke --help", []string{"--as NAME", "\n  --everybody\n", "--tenant ID", "--data DIR"}},
		{"serve --help", []string{"--listen ADDR"}},
		{"token -h", []string{"--as NAME", "--tenant ID", "--admin", "--data DIR"}},
		{"principals --help", []string{"--output FORMAT", "--provider NAME", "--data DIR", "what --subscription and --import add"}},
	} {
		output := runCommand(t, strings.Fields(test.args)...)
		for _, want := range test.want {
			if !strings.Contains(output, want) {
				t.Errorf("demo %s lacks %q:\n%s", test.args, want, output)
			}
		}
	}
}

func TestListenAddresses(t *testing.T) {
	for _, test := range []struct {
		address      string
		https, plain bool
	}{
		{"127.0.0.1:8443", true, true},
		{"localhost:8443", true, true},
		{"[::1]:8443", true, true},
		{":8443", true, false},
		{"0.0.0.0:8443", true, false},
		{"[::]:8443", true, false},
		{"127.0.0.2:8443", false, false}, // localhost is not there
		{"192.0.2.1:8443", false, false},
		{"host.example:8443", false, false},
		{"8443", false, false},
	} {
		if err := checkListen("--listen", test.address, true); (err == nil) != test.https {
			t.Errorf("HTTPS on %s: %v", test.address, err)
		}
		if err := checkListen("--listen-http", test.address, false); (err == nil) != test.plain {
			t.Errorf("plain HTTP on %s: %v", test.address, err)
		}
	}
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"":                       "''",
		"/home/user/ca.pem":      "/home/user/ca.pem",
		"/home/a user/ca.pem":    "'/home/a user/ca.pem'",
		"it's":                   `'it'\''s'`,
		"https://x/y?a=1&b=$(z)": "'https://x/y?a=1&b=$(z)'",
		"~/ca.pem":               "'~/ca.pem'",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("%s is quoted %s, want %s", word, got, want)
		}
	}
}
