package armapi_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/rbac"
)

// get returns the body of an answer.
func get(handler http.Handler, who, target string) []byte {
	r := httptest.NewRequest("GET", "https://management.example"+target, nil)
	r.Header.Set("Caller", who)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	return recorder.Body.Bytes()
}

func TestScheduleInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC()
		store := sampleStore(t)
		for n, times := range map[int][2]time.Time{
			11: {now.Add(-time.Hour), now.Add(time.Hour)},
			12: {now.Add(time.Hour), {}},
			13: {{}, now.Add(-time.Hour)},
		} {
			if _, _, err := store.PutAssignment(t.Context(), rbac.RoleAssignment{
				Name: assignmentName(n), Scope: groupA + "/providers/Microsoft.Web/sites/t" + assignmentName(n), RoleDefinitionID: rbac.RoleReader, PrincipalID: reader,
				Start: times[0], End: times[1], Condition: colour,
			}); err != nil {
				t.Fatal(err)
			}
		}
		handler := gated(t, store)
		list := func(who, target, filter, want string) {
			t.Helper()
			query := ""
			if filter != "" {
				query = "&$filter=" + strings.NewReplacer(" ", "%20", "'", "%27").Replace(filter)
			}
			response, body := call(handler, who, "GET", target+v2022+query, "")
			got := names(body)
			if response.StatusCode != 200 || strings.Join(got, ",") != want {
				t.Errorf("%s, %s %s: %d %v, want %s", who, target, filter, response.StatusCode, got, want)
			}
		}
		list(chief, subA+instances, "", "1,2,3,5,6,11,12")
		list(chief, subA+instances, "atScope()", "1,3")
		list(chief, subA+instances, "principalId eq '"+reader+"'", "2,11,12")
		list(chief, subA+instances, "assignedTo('"+reader+"')", "2,5,6,11,12")
		list(owner, subA+instances, "", "1,2,5,6,11,12")
		list(owner, subB+instances, "", "")
		list(chief, subA+assignments, "", "1,2,3,5,6,11") // of those in force

		const scope = groupA + "/providers/Microsoft.Web/sites/teeeeeeee-0000-0000-0000-000000000011"
		target := scope + instances + "/" + assignmentName(11)
		response, got := call(handler, chief, "GET", target+v2022, "")
		want := map[string]any{
			"id": target, "name": assignmentName(11), "type": "Microsoft.Authorization/roleAssignmentScheduleInstances",
			"properties": map[string]any{
				"scope": scope, "principalId": reader, "principalType": nil, "roleDefinitionId": subA + definitions + "/" + rbac.RoleReader,
				"originRoleAssignmentId": scope + assignments + "/" + assignmentName(11), "assignmentType": "Assigned", "memberType": "Direct",
				"status": "Provisioned", "startDateTime": now.Add(-time.Hour).Format(time.RFC3339Nano), "endDateTime": now.Add(time.Hour).Format(time.RFC3339Nano),
				"condition": colour, "conditionVersion": "2.0", "createdOn": nil,
			},
		}
		if response.StatusCode != 200 || !reflect.DeepEqual(got, want) {
			t.Errorf("%d\n got %v\nwant %v", response.StatusCode, got, want)
		}

		// What is listed can be imported, beside the assignments themselves, and has its time then.
		config, err := rbac.Import(
			rbac.ImportFile{Name: "who", Data: get(handler, chief, subA+assignments+v2022+"&$filter=principalId%20eq%20%27"+reader+"%27")},
			rbac.ImportFile{Name: "when", Data: get(handler, chief, subA+instances+v2022+"&$filter=principalId%20eq%20%27"+reader+"%27")},
		)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range config.Assignments {
			switch a.Name {
			case assignmentName(11):
				if !a.Start.Equal(now.Add(-time.Hour)) || !a.End.Equal(now.Add(time.Hour)) {
					t.Errorf("%+v", a)
				}
			case assignmentName(12):
				if !a.Start.Equal(now.Add(time.Hour)) || !a.End.IsZero() {
					t.Errorf("%+v", a)
				}
			}
		}

		time.Sleep(time.Hour)
		list(chief, subA+instances, "principalId eq '"+reader+"'", "2,12")
		for method, target := range map[string]string{"GET": target, "HEAD": subA + instances + "/" + assignmentName(2)} {
			if response, body := call(handler, chief, method, target+v2022, ""); response.StatusCode != 404 {
				t.Errorf("%s %s: %d %v", method, target, response.StatusCode, body)
			}
		}
	})
}
