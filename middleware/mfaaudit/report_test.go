package mfaaudit_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/middleware/mfaaudit"
	"hubgate.example/openid"
)

// The endpoint answers what Report does.
func TestServeHTTP(t *testing.T) {
	a := newAudit(t, mfaaudit.Config{MaxRecords: 1})
	tests := []struct {
		name, method string
		add          bool
		status       int
		body         string // "" for a report
	}{
		{"nobody", "GET", false, 200, `{"records":[]}`},
		{"somebody", "GET", true, 200, ""},
		{"HEAD", "HEAD", false, 200, "-"},
		{"POST", "POST", false, 405, "Method Not Allowed\n"},
		{"DELETE", "DELETE", false, 405, "Method Not Allowed\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.add {
				a.Add(by(alice))
				a.Add(by(bob))
			}
			w := httptest.NewRecorder()
			a.ServeHTTP(w, httptest.NewRequest(tt.method, "/", nil))
			if w.Code != tt.status {
				t.Errorf("status %d", w.Code)
			}
			switch {
			case tt.status == 405:
				if w.Header().Get("Allow") != "GET, HEAD" {
					t.Errorf("Allow is %q", w.Header().Get("Allow"))
				}
			case w.Header().Get("Content-Type") != "application/json; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff":
				t.Errorf("header is %v", w.Header())
			}
			switch tt.body {
			case "":
				var got mfaaudit.Report
				if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, a.Report()) || got.Unlisted != 1 {
					t.Errorf("the answer is %s", w.Body)
				}
			case "-":
				if w.Body.Len() > 0 {
					t.Errorf("HEAD has the body %s", w.Body)
				}
			default:
				if w.Body.String() != tt.body {
					t.Errorf("the answer is %q", w.Body)
				}
			}
		})
	}
	var _ http.Handler = a
}

func TestWriteTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAudit(t, mfaaudit.Config{MaxRecords: 2})
		var text strings.Builder
		if err := a.Report().WriteTable(&text); err != nil || text.String() != "Nobody has changed anything without multi-factor authentication.\n" {
			t.Errorf("%v: %s", err, text.String())
		}
		a.Add(write(nil))
		time.Sleep(time.Minute)
		a.Add(write(func(c *mfaaudit.Call) { c.Operation.Action = "Microsoft.Web/sites/delete" }))
		a.Add(write(func(c *mfaaudit.Call) {
			c.Principal.ObjectID, c.Principal.Name, c.Principal.Application = "S-1-5-21-1-2-3-512", "evil\x1b[2J\tname\u202e\nrow", ""
			c.Principal.Kind, c.ADFS = openid.KindUnknown, true
		}))
		a.Add(by(bob))
		text.Reset()
		if err := a.Report().WriteTable(&text); err != nil {
			t.Fatal(err)
		}
		const want = `PRINCIPAL              OBJECT ID                             TENANT                                KIND     APPLICATION                           CALLS  FIRST                 LAST
alice@contoso.example  a11ce000-0000-4000-8000-000000000001  3f6b1c54-8a57-4c0b-9f0e-2b7f7a1d9c01  user     04b07795-8ddb-461a-bbee-02f9e1bf7b46  2      2000-01-01T00:00:00Z  2000-01-01T00:01:00Z
    operations: Microsoft.Compute/virtualMachines/write (1), Microsoft.Web/sites/delete (1)
    why:        no multi-factor authentication in the token; a public client signed in with a password alone
    move to:    a person signs in with multi-factor authentication; automation moves to a managed identity where it runs on an Azure resource; a federated identity where it runs in Kubernetes, in GitHub Actions or in another cloud; a service principal with a certificate anywhere else
evil�[2J�name��row     S-1-5-21-1-2-3-512                    3f6b1c54-8a57-4c0b-9f0e-2b7f7a1d9c01  unknown  -                                     1      2000-01-01T00:01:00Z  2000-01-01T00:01:00Z
    operations: Microsoft.Compute/virtualMachines/write (1)
    why:        no multi-factor authentication in the token; the token does not tell a user from a workload; a public client signed in with a password alone
    move to:    tokens with the claim that the site's AD FS issues to workloads (openid.VerifierConfig.WorkloadClaim), if it is one already; if not, a person signs in with multi-factor authentication; automation moves to a service principal with a certificate, which an administrator creates
1 calls of further principals are not listed: the list is full.
`
		if text.String() != want {
			t.Errorf("the table is\n%s\nwant\n%s", text.String(), want)
		}
		if err := a.Report().WriteTable(broken{}); err == nil {
			t.Error("a writer's error is lost")
		}
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }
