package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// An auditCall is a call of the traffic that is replayed, and what is listed of it when it breaks.
type auditCall struct {
	who                string // as demo token --as takes it
	method, path, body string
	action             string
}

// TestAuditListsWhatEnforceRefuses replays the same traffic against a demo in each mode: what audit lists is what enforce refuses, call by
// call, and everything else has the same answer in all of them.
func TestAuditListsWhatEnforceRefuses(t *testing.T) {
	const (
		writeGroup  = "Microsoft.Resources/subscriptions/resourceGroups/write"
		deleteGroup = "Microsoft.Resources/subscriptions/resourceGroups/delete"
	)
	group := func(subscription, name string) string {
		return "/subscriptions/" + subscription + "/resourcegroups/" + name + "?api-version=2021-04-01"
	}
	for provider, people := range map[string][]string{
		"adfs":  {"owner", "contributor", "reader", "outsider", "deployer"},
		"entra": {"owner", "contributor", "reader", "outsider", "deployer", "web1", "pipeline", "member", "consultant --tenant hubgate.example"},
	} {
		t.Run(provider, func(t *testing.T) {
			// Nothing that is asked for changes what another call finds.
			var traffic []auditCall
			random := rand.New(rand.NewPCG(1, 2))
			for range 150 {
				call := auditCall{who: people[random.IntN(len(people))]}
				switch random.IntN(5) {
				case 0:
					call.method, call.path = "GET", group(production, "app")
				case 1:
					call.method, call.path, call.body, call.action = "PUT", group(production, "app"), `{"location":"local"}`, writeGroup
				case 2:
					call.method, call.path, call.body, call.action = "PATCH", group(production, "data"), `{"tags":{"try":"yes"}}`, writeGroup
				case 3:
					call.method, call.path, call.body, call.action = "PATCH", group(sandbox, "lab"), `{"tags":{"try":"yes"}}`, writeGroup
				default:
					call.method, call.path, call.action = "DELETE", group(sandbox, "none"), deleteGroup
				}
				traffic = append(traffic, call)
			}
			answers := make(map[string][]string) // by mode
			var report mfaReport
			names := make(map[string]string) // by object id
			for _, mode := range []string{"off", "audit", "enforce"} {
				d := startDemo(t, "--provider", provider, "--mfa", mode, "--listen-http", "127.0.0.1:0")
				tokens := make(map[string]string)
				for _, p := range d.allPrincipals(t) {
					names[p.ObjectID] = p.Name
				}
				for _, who := range people {
					tokens[who] = strings.TrimSpace(string(d.run(t, "token", append([]string{"--as"}, strings.Fields(who)...)...)))
				}
				for _, call := range traffic {
					answers[mode] = append(answers[mode], d.answer(t, call, tokens[call.who]))
				}
				if mode == "audit" {
					if err := json.Unmarshal(d.run(t, "mfa-report", "--output", "json"), &report); err != nil {
						t.Fatal(err)
					}
				}
			}
			refused, listed := make(map[string]int64), make(map[string]int64)
			for i, call := range traffic {
				if strings.HasSuffix(answers["enforce"][i], "RequestDisallowedByAzure") {
					name, _, _ := strings.Cut(call.who, " ")
					refused[name+" "+call.action]++
				} else if answers["enforce"][i] != answers["off"][i] {
					t.Errorf("%+v: %s, and %s without MFA", call, answers["enforce"][i], answers["off"][i])
				}
				if answers["audit"][i] != answers["off"][i] {
					t.Errorf("%+v: %s with audit, and %s without", call, answers["audit"][i], answers["off"][i])
				}
			}
			for _, record := range report.Records {
				for _, operation := range record.Operations {
					listed[names[record.ObjectID]+" "+operation.Action] += operation.Count
				}
			}
			if !maps.Equal(listed, refused) || len(refused) < 3 {
				t.Errorf("audit lists\n%v\nand enforce refuses\n%v", listed, refused)
			}
			for _, workload := range []string{"deployer", "web1", "pipeline"} {
				if slices.ContainsFunc(report.Records, func(r mfaRecord) bool { return names[r.ObjectID] == workload }) {
					t.Errorf("%s is listed", workload)
				}
			}
		})
	}
}

// An mfaReport is as much of demo mfa-report's output as counts here.
type mfaReport struct {
	Records []mfaRecord
}

type mfaRecord struct {
	ObjectID   string
	Operations []struct {
		Action string
		Count  int64
	}
}

// answer makes a call by hand and returns its status and the code of an error.
func (d demo) answer(t *testing.T, call auditCall, token string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), call.method, d.URL+call.path, strings.NewReader(call.body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if call.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := d.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Error struct{ Code string } }
	_ = json.NewDecoder(response.Body).Decode(&answer) // some answers are empty
	return strings.TrimSpace(fmt.Sprintf("%d %s", response.StatusCode, answer.Error.Code))
}
