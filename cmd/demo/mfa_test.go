package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/middleware/mfaaudit"
)

const newGroup = `{"location":"local"}`

// Only changes, on either side, only by people who have shown no second factor; what one mode refuses, another lists.
func TestMFA(t *testing.T) {
	type row struct {
		who    string
		method string
		ok     int // the status when nothing is in the way
		asked  bool
	}
	for provider, rows := range map[string][]row{
		adfs: {
			{"owner", "GET", 200, false},
			{"owner", "PUT", 200, true},
			{"contributor", "PUT", 200, true},
			{"reader", "PUT", 403, false}, // may not anyhow
			{"engineer", "PUT", 200, false},
			{"deployer", "PUT", 200, false},
		},
		entra: {
			{"owner", "GET", 200, false},
			{"owner", "PUT", 200, true},
			{"reader", "PUT", 403, false},
			{"deployer", "PUT", 200, false},
		},
	} {
		for _, mode := range []string{"off", "audit", "enforce"} {
			t.Run(provider+" "+mode, func(t *testing.T) {
				d := start(t, "--provider", provider, "--mfa", mode)
				listed := 0
				for _, r := range rows {
					token, _ := d.tokens(t, principal(t, installationOf(provider), r.who))
					body := ""
					if r.method == "PUT" {
						body = newGroup
					}
					got := d.call(t, token, r.method, production+"/resourcegroups/app"+version, body)
					switch {
					case r.asked && mode == "enforce":
						if got.status != 403 || got.code != "RequestDisallowedByAzure" {
							t.Errorf("%s %s: %d %s", r.who, r.method, got.status, got.code)
						}
					case got.status != r.ok || got.code == "RequestDisallowedByAzure":
						t.Errorf("%s %s: %d %s, want %d", r.who, r.method, got.status, got.code, r.ok)
					}
					if r.asked {
						listed++
					}
				}
				for _, who := range []string{"operator", "operations"} {
					path := "/subscriptions/" + sample.DefaultProviderID + "/resourcegroups/" + who + version
					got := d.callAt(t, d.admin, d.token(t, who, "--admin"), "PUT", path, newGroup)
					if asked := who == "operator"; asked && mode == "enforce" {
						if got.status != 403 || got.code != "RequestDisallowedByAzure" {
							t.Errorf("%s: %d %s", who, got.status, got.code)
						}
					} else if got.status != 201 {
						t.Errorf("%s: %d %s", who, got.status, got.code)
					}
				}
				listed++ // operator
				d.wantMode(t, mode)
				if mode != "audit" {
					return
				}
				var report mfaaudit.Report
				if err := json.Unmarshal([]byte(runCommand(t, "mfa-report", "--output", "json", "--data", d.data)), &report); err != nil {
					t.Fatal(err)
				}
				calls := 0
				for _, record := range report.Records {
					calls += int(record.Count)
				}
				if calls != listed {
					t.Errorf("%d calls are listed, want %d: %+v", calls, listed, report)
				}
			})
		}
	}
}

// The report is behind the administrator's gate, and its file survives the demo.
func TestMFAReport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list.jsonl")
	d := start(t, "--mfa", "audit", "--mfa-audit", file)
	if output := runCommand(t, "mfa-report", "--data", d.data); !strings.HasPrefix(output, "Nobody has changed anything") {
		t.Errorf("before anything was changed: %s", output)
	}
	if got := d.call(t, d.token(t, "owner"), "PUT", production+"/resourcegroups/app"+version, newGroup); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.code)
	}
	report := sample.GateAdministration() + "/mfareports/current"
	for _, test := range []struct {
		who, base, path string
		admin           bool
		status          int
	}{
		{"operator", d.admin, report + version, true, 200},
		{"operator", d.admin, strings.ToUpper(report) + "/" + version, true, 200},
		{"operations", d.admin, report + version, true, 200},
		{"operator", d.admin, report, true, 400},
		{"operator", d.admin, report + "?api-version=latest", true, 400},
		{"owner", d.admin, report + version, true, 403},
		{"owner", d.admin, report, true, 403},
		{"owner", d.admin, report + version, false, 401},
		{"", d.admin, report + version, false, 401},
		{"operator", d.admin, report + "/more" + version, true, 404},
		{"operator", d.admin, sample.GateAdministration() + version, true, 404},
		{"operator", d.admin, sample.GateAdministration() + "x/mfareports/current" + version, true, 404},
		{"owner", d.url, report + version, false, 404}, // no such subscription
	} {
		token := ""
		if test.who != "" {
			token = d.token(t, test.who, slices.Repeat([]string{"--admin"}, map[bool]int{true: 1}[test.admin])...)
		}
		got := d.callAt(t, test.base, token, "GET", test.path, "")
		records, _ := got.body["records"].([]any)
		if got.status != test.status || (test.status == 200) != (len(records) == 1) {
			t.Errorf("%s at %s: %d %v", test.who, test.path, got.status, got.body)
		}
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		got := d.callAt(t, d.admin, d.token(t, "operations", "--admin"), method, report+version, "")
		if got.status != 405 || got.code != "MethodNotAllowed" || got.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d %s, Allow %q", method, got.status, got.code, got.header.Get("Allow"))
		}
	}
	// Another demo may not write the file, but it can be read meanwhile.
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0", "--listen-http", "", "--listen-admin", "", "--data", filepath.Join(t.TempDir(), "other"),
		"--authority", "https://127.0.0.1:1/" + someTenant, "--audience", someAudience, // which needs no keys
		"--mfa", "audit", "--mfa-audit", file}, &stdout, &stderr)
	if status != 1 || !strings.Contains(stderr.String(), "--mfa-audit: mfaaudit: Config.File: "+file+": another audit writes it") {
		t.Errorf("a second demo with the file: status %d: %s", status, &stderr)
	}
	waitFor(t, "the record in the file", func() bool {
		return strings.Contains(runCommand(t, "mfa-report", "--data", d.data, "--mfa-audit", file), "owner@hubgate.example")
	})
	running := runCommand(t, "mfa-report", "--data", d.data)
	if !strings.Contains(running, "owner@hubgate.example") {
		t.Errorf("the report is\n%s", running)
	}
	d.stopped()
	if stopped := runCommand(t, "mfa-report", "--data", d.data, "--mfa-audit", file); stopped != running {
		t.Errorf("the file says\n%s\nand the demo said\n%s", stopped, running)
	}
}

// Where there is no administrator's side, the command reads the file of the demo that runs.
func TestMFAReportWithoutAdministrator(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list.jsonl")
	d := start(t, "--mfa", "audit", "--mfa-audit", file, "--listen-admin", "")
	if got := d.call(t, d.token(t, "owner"), "PUT", production+"/resourcegroups/app"+version, newGroup); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.code)
	}
	waitFor(t, "the record in the file", func() bool {
		return strings.Contains(runCommand(t, "mfa-report", "--data", d.data), "owner@hubgate.example")
	})
}
