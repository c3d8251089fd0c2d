package mfaaudit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/middleware/mfaaudit"
	"hubgate.example/openid"
	"hubgate.example/rbac"
)

const (
	tenant       = "3f6b1c54-8a57-4c0b-9f0e-2b7f7a1d9c01"
	alice        = "a11ce000-0000-4000-8000-000000000001"
	bob          = "b0b00000-0000-4000-8000-000000000002"
	azureCLI     = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
	subscription = "/subscriptions/11111111-aaaa-4bbb-8ccc-000000000001"
	contributors = "9ead0000-0000-4000-8000-000000000004"
)

// newAudit starts an audit that the end of the test closes.
func newAudit(tb testing.TB, config mfaaudit.Config) *mfaaudit.Audit {
	tb.Helper()
	a, err := mfaaudit.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeAudit(tb, a) })
	return a
}

func closeAudit(tb testing.TB, a *mfaaudit.Audit) {
	tb.Helper()
	if err := a.Close(); err != nil {
		tb.Error(err)
	}
}

// write is a call of a user who signed in to the az command line with a password, through a group's role, after change.
func write(change func(*mfaaudit.Call)) mfaaudit.Call {
	call := mfaaudit.Call{
		Principal: &openid.Principal{
			Tenant: tenant, ObjectID: alice, Name: "alice@contoso.example", Kind: openid.KindUser, Credential: openid.CredentialNone,
			Application: azureCLI, AuthenticationMethods: []string{"pwd"},
		},
		Operation:  rbac.Operation{Action: "Microsoft.Compute/virtualMachines/write"},
		Assignment: &rbac.RoleAssignment{PrincipalID: contributors, Scope: subscription, RoleDefinitionID: rbac.RoleContributor},
	}
	if change != nil {
		change(&call)
	}
	return call
}

func only(tb testing.TB, report mfaaudit.Report) mfaaudit.Record {
	tb.Helper()
	if len(report.Records) != 1 {
		tb.Fatalf("%d records: %+v", len(report.Records), report)
	}
	return report.Records[0]
}

func TestRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudit(t, mfaaudit.Config{})
		first := time.Now().UTC()
		a.Add(write(nil))
		time.Sleep(time.Hour)
		a.Add(write(func(c *mfaaudit.Call) { c.Operation.Action = "microsoft.compute/VIRTUALMACHINES/write" }))
		a.Add(write(func(c *mfaaudit.Call) {
			c.Operation.Action = "Microsoft.Compute/virtualMachines/delete"
			c.Principal.Name, c.Principal.Kind, c.Principal.Credential = "alice@fabrikam.example", openid.KindGuest, openid.CredentialSecret
		}))
		r := only(t, a.Report())
		if r.Tenant != tenant || r.ObjectID != alice || r.Application != azureCLI {
			t.Errorf("record is of %s %s %s", r.Tenant, r.ObjectID, r.Application)
		}
		if r.Name != "alice@fabrikam.example" || r.Kind != openid.KindGuest || r.Credential != openid.CredentialSecret {
			t.Errorf("not the latest token's: %s, %s, %s", r.Name, r.Kind, r.Credential)
		}
		if r.Count != 3 || !r.First.Equal(first) || !r.Last.Equal(first.Add(time.Hour)) {
			t.Errorf("%d calls from %v to %v", r.Count, r.First, r.Last)
		}
		if want := []mfaaudit.Operation{{Action: "Microsoft.Compute/virtualMachines/write", Count: 2}, {Action: "Microsoft.Compute/virtualMachines/delete", Count: 1}}; !slices.Equal(r.Operations, want) {
			t.Errorf("operations are %v", r.Operations)
		}
		if r.OtherOperations != 0 {
			t.Errorf("%d other operations", r.OtherOperations)
		}

		// Another application, another principal, another tenant: records of their own; the most calls come first.
		a.Add(write(func(c *mfaaudit.Call) { c.Principal.Application = "" }))
		a.Add(write(func(c *mfaaudit.Call) { c.Principal.ObjectID = bob }))
		a.Add(write(func(c *mfaaudit.Call) { c.Principal.Tenant = bob }))
		if report := a.Report(); len(report.Records) != 4 || report.Records[0].Count != 3 {
			t.Errorf("records are %+v", report.Records)
		}
	})
}

// Why somebody would break, and what to move to, by token and role assignment.
func TestReasons(t *testing.T) {
	const (
		workload     = "a managed identity where it runs on an Azure resource; a federated identity where it runs in Kubernetes, in GitHub Actions or in another cloud; a service principal with a certificate anywhere else"
		workloadADFS = "a service principal with a certificate, which an administrator creates"
		person       = "a person signs in with multi-factor authentication; automation moves to "
		idtyp        = "tokens that tell a workload (claim idtyp with the value app), if it is one already; if not, "
		claimADFS    = "tokens with the claim that the site's AD FS issues to workloads (openid.VerifierConfig.WorkloadClaim), if it is one already; if not, "
	)
	own := func(change func(*rbac.RoleAssignment)) func(*mfaaudit.Call) {
		return func(c *mfaaudit.Call) {
			c.Assignment = &rbac.RoleAssignment{PrincipalID: strings.ToUpper(alice), Scope: subscription, RoleDefinitionID: "/providers/x/roleDefinitions/" + rbac.RoleOwner}
			change(c.Assignment)
		}
	}
	tests := []struct {
		name   string
		change func(*mfaaudit.Call)
		why    []mfaaudit.Reason // beside NoMFA
		moveTo string
	}{
		{"password", nil, []mfaaudit.Reason{mfaaudit.PasswordOnly}, person + workload},
		{"password and more", func(c *mfaaudit.Call) { c.Principal.AuthenticationMethods = []string{"pwd", "rsa"} }, nil, person + workload},
		{"no methods in the token", func(c *mfaaudit.Call) { c.Principal.AuthenticationMethods = nil }, nil, person + workload},
		{"confidential client", func(c *mfaaudit.Call) { c.Principal.Credential = openid.CredentialSecret }, nil, person + workload},
		{"client not told", func(c *mfaaudit.Call) { c.Principal.Credential = openid.CredentialUnknown }, nil, person + workload},
		{"kind not told", func(c *mfaaudit.Call) { c.Principal.Kind = openid.KindUnknown }, []mfaaudit.Reason{mfaaudit.UnknownKind, mfaaudit.PasswordOnly}, idtyp + person + workload},
		{"AD FS", func(c *mfaaudit.Call) { c.ADFS, c.Principal.AuthenticationMethods = true, nil }, nil, person + workloadADFS},
		{"AD FS, kind not told", func(c *mfaaudit.Call) {
			c.ADFS, c.Principal.AuthenticationMethods, c.Principal.Kind = true, nil, openid.KindUnknown
		}, []mfaaudit.Reason{mfaaudit.UnknownKind}, claimADFS + person + workloadADFS},
		{"no assignment", func(c *mfaaudit.Call) { c.Assignment = nil }, []mfaaudit.Reason{mfaaudit.PasswordOnly}, person + workload},
		{"Owner of the subscription", own(func(*rbac.RoleAssignment) {}), []mfaaudit.Reason{mfaaudit.PasswordOnly, mfaaudit.OwnPermissions, mfaaudit.OwnSubscription}, person + workload},
		{"Owner of a group", own(func(a *rbac.RoleAssignment) { a.Scope += "/resourceGroups/web" }), []mfaaudit.Reason{mfaaudit.PasswordOnly, mfaaudit.OwnPermissions}, person + workload},
		{"Owner of everything", own(func(a *rbac.RoleAssignment) { a.Scope = "/" }), []mfaaudit.Reason{mfaaudit.PasswordOnly, mfaaudit.OwnPermissions}, person + workload},
		{"Owner of an extension resource", own(func(a *rbac.RoleAssignment) { a.Scope += "/providers/Microsoft.Web/sites/s" }), []mfaaudit.Reason{mfaaudit.PasswordOnly, mfaaudit.OwnPermissions}, person + workload},
		{"Contributor", own(func(a *rbac.RoleAssignment) { a.RoleDefinitionID = rbac.RoleContributor }), []mfaaudit.Reason{mfaaudit.PasswordOnly, mfaaudit.OwnPermissions}, person + workload},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAudit(t, mfaaudit.Config{})
			a.Add(write(tt.change))
			r := only(t, a.Report())
			if want := append([]mfaaudit.Reason{mfaaudit.NoMFA}, tt.why...); !slices.Equal(r.Why, want) {
				t.Errorf("why: %q, want %q", r.Why, want)
			}
			if r.MoveTo != tt.moveTo {
				t.Errorf("move to %s, want %s", r.MoveTo, tt.moveTo)
			}
		})
	}
}

// Reasons come in the order of the constants, whichever was seen first.
func TestOrderOfReasons(t *testing.T) {
	own := func(c *mfaaudit.Call) {
		c.Principal.AuthenticationMethods = nil
		c.Assignment = &rbac.RoleAssignment{PrincipalID: alice, Scope: subscription, RoleDefinitionID: rbac.RoleOwner}
	}
	unknown := func(c *mfaaudit.Call) {
		c.Principal.Kind, c.Principal.AuthenticationMethods = openid.KindUnknown, nil
	}
	want := []mfaaudit.Reason{mfaaudit.NoMFA, mfaaudit.UnknownKind, mfaaudit.PasswordOnly, mfaaudit.OwnPermissions, mfaaudit.OwnSubscription}
	for _, calls := range [][]func(*mfaaudit.Call){{nil, unknown, own}, {own, unknown, nil}, {unknown, nil, own}, {own, nil, unknown}} {
		a := newAudit(t, mfaaudit.Config{})
		for _, change := range calls {
			a.Add(write(change))
		}
		if r := only(t, a.Report()); !slices.Equal(r.Why, want) {
			t.Errorf("why: %q, want %q", r.Why, want)
		}
	}

	// A file that was written in another order, by a version that knows more.
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	content := `{"mfaAudit":1}` + "\n" + `{"tenant":"` + tenant + `","objectId":"` + alice + `","count":1,"why":["b","` +
		string(mfaaudit.OwnPermissions) + `","a","` + string(mfaaudit.NoMFA) + `"]}` + "\n"
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := only(t, readFile(t, path)); !slices.Equal(r.Why, []mfaaudit.Reason{mfaaudit.NoMFA, mfaaudit.OwnPermissions, "b", "a"}) {
		t.Errorf("why: %q", r.Why)
	}
}

// every makes n writes with a pause before each.
func every(n int, pause func(i int) time.Duration) []time.Duration {
	pauses := make([]time.Duration, n)
	for i := range pauses {
		pauses[i] = pause(i)
	}
	return pauses
}

func TestMachinePace(t *testing.T) {
	const hour = time.Hour
	constant := func(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }
	tests := []struct {
		name   string
		pauses []time.Duration
		want   bool
	}{
		{"one write", every(1, constant(hour)), false},
		{"a burst", every(29, constant(0)), false},
		{"a long burst", every(30, constant(0)), true},
		{"every half minute", every(30, constant(30*time.Second)), true},
		{"a long row with a pause", every(58, func(i int) time.Duration {
			return []time.Duration{30 * time.Second, 61 * time.Second}[i/29*(1-min(1, i%29))]
		}), false},
		{"five times every hour", every(5, constant(hour)), false},
		{"six times every hour", every(6, constant(hour)), true},
		{"every day", every(6, constant(24*hour)), true},
		{"every five minutes, a little off", every(6, func(i int) time.Duration { return 5*time.Minute + time.Duration(i%2)*20*time.Second }), true},
		{"far off", every(40, func(i int) time.Duration { return 5*time.Minute + time.Duration(i%2)*2*time.Minute }), false},
		{"several writes every hour", every(18, func(i int) time.Duration { return []time.Duration{hour, time.Second, 10 * time.Second}[i%3] }), true},
		{"a person's day", []time.Duration{0, hour, 90 * time.Second, 3 * time.Minute, 40 * time.Second, 2 * hour, 10 * time.Minute, 15 * hour, 2 * time.Minute, hour}, false},
		{"regular after all", slices.Concat([]time.Duration{0, 7 * hour, 2 * hour, 5 * time.Minute}, every(5, constant(hour))), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, client := range []struct {
					credential openid.Credential
					adfs       bool
					told       []mfaaudit.Reason // at a machine's pace
				}{
					{openid.CredentialNone, false, []mfaaudit.Reason{mfaaudit.MachinePace}},
					{openid.CredentialUnknown, false, []mfaaudit.Reason{mfaaudit.MachinePace}},
					{openid.CredentialUnknown, true, []mfaaudit.Reason{mfaaudit.MachinePace, mfaaudit.ServiceAccount}},
					{openid.CredentialSecret, false, nil},
					{openid.CredentialAssertion, false, nil},
				} {
					a := newAudit(t, mfaaudit.Config{})
					for _, pause := range tt.pauses {
						time.Sleep(pause)
						a.Add(write(func(c *mfaaudit.Call) {
							c.Principal.Credential, c.Principal.AuthenticationMethods, c.ADFS = client.credential, nil, client.adfs
						}))
					}
					want := []mfaaudit.Reason{mfaaudit.NoMFA}
					if tt.want {
						want = append(want, client.told...)
					}
					r := only(t, a.Report())
					if !slices.Equal(r.Why, want) {
						t.Errorf("%s, AD FS %v: why: %q, want %q", client.credential, client.adfs, r.Why, want)
					}
					if person := strings.Contains(r.MoveTo, "a person"); person == slices.Contains(want, mfaaudit.MachinePace) {
						t.Errorf("move to %s", r.MoveTo)
					}
				}
			})
		})
	}
}

// What is foreign is cut, and there is never more than so much of it.
func TestBounds(t *testing.T) {
	a := newAudit(t, mfaaudit.Config{MaxRecords: 2})
	long := strings.Repeat("n", 5000) + "\xff"
	for i := range 25 {
		a.Add(write(func(c *mfaaudit.Call) {
			c.Operation.Action = fmt.Sprintf("Microsoft.Compute/type%d/%s/write", i, long)
			c.Principal.Name, c.Principal.Application = "\xff"+long, long
		}))
	}
	a.Add(write(func(c *mfaaudit.Call) { // an operation that is listed
		c.Operation.Action, c.Principal.Name, c.Principal.Application = "Microsoft.Compute/type0/"+long+"/write", "\xff"+long, long
	}))
	r := only(t, a.Report())
	if len(r.Operations) != 20 || r.Operations[0].Count != 2 || r.OtherOperations != 5 || r.Count != 26 {
		t.Errorf("%d operations, %d others, %d calls", len(r.Operations), r.OtherOperations, r.Count)
	}
	for _, text := range []string{r.Name, r.Application, r.Operations[0].Action} {
		if len(text) > 300 || strings.Contains(text, "\xff") {
			t.Errorf("%d bytes: %q", len(text), text)
		}
	}

	for _, oid := range []string{bob, contributors, contributors, bob} {
		a.Add(write(func(c *mfaaudit.Call) { c.Principal.ObjectID = oid }))
	}
	report := a.Report()
	if len(report.Records) != 2 || report.Records[1].ObjectID != bob || report.Records[1].Count != 2 || report.Unlisted != 2 {
		t.Errorf("report is %+v", report)
	}
}

// A report is a copy.
func TestReportIsACopy(t *testing.T) {
	a := newAudit(t, mfaaudit.Config{})
	a.Add(write(nil))
	r := a.Report().Records[0]
	r.Operations[0].Action, r.Why[0] = "changed", "changed"
	if r := only(t, a.Report()); r.Operations[0].Action == "changed" || r.Why[0] == "changed" {
		t.Error("who changes a report changes the list")
	}
}

func TestInParallel(t *testing.T) {
	a := newAudit(t, mfaaudit.Config{File: t.TempDir() + "/audit.jsonl"})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 100 {
				a.Add(write(func(c *mfaaudit.Call) { c.Principal.ObjectID = []string{alice, bob}[i%2] }))
				a.Report()
			}
		})
	}
	wg.Wait()
	if report := a.Report(); len(report.Records) != 2 || report.Records[0].Count != 200 || report.Records[1].Count != 200 {
		t.Errorf("report is %+v", report)
	}
}
