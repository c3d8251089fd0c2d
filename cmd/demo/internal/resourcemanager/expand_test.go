package resourcemanager_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestExpand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newHandler(t)
		disk := shop + "/providers/Microsoft.Compute/disks/New"
		made := time.Now().UTC().Format(time.RFC3339)
		s.want(t, request{as: owner, method: "PUT", path: disk, body: `{"createdTime":"x","changedTime":"y","provisioningState":"z","kind":"k"}`}, 201, "")
		time.Sleep(time.Minute)
		changed := time.Now().UTC().Format(time.RFC3339)
		s.want(t, request{as: owner, method: "PATCH", path: disk, body: `{"createdTime":"x"}`}, 200, "")

		bare := `{"id":"` + disk + `","name":"New","type":"Microsoft.Compute/disks","properties":{"provisioningState":"Succeeded"}`
		for expand, want := range map[string]string{
			"":                    ``,
			"nothing":             ``,
			"createdTime":         `,"createdTime":"` + made + `"`,
			"changedtime,nothing": `,"changedTime":"` + changed + `"`,
			"provisioningState":   `,"provisioningState":"Succeeded"`,
			"createdTime,changedTime,provisioningState": `,"createdTime":"` + made + `","changedTime":"` + changed + `","provisioningState":"Succeeded"`,
		} {
			a := s.want(t, request{as: owner, method: "GET", path: shop + "/providers/Microsoft.Compute/disks", query: "api-version=2021-04-01&$expand=" + expand}, 200, "")
			if want := `{"value":[` + bare + want + `,"kind":"k"}]}`; a.body != want {
				t.Errorf("$expand=%s answers\n\t%s, want\n\t%s", expand, a.body, want)
			}
		}
		if a := s.want(t, request{as: owner, method: "GET", path: disk, query: "api-version=2021-04-01&$expand=createdTime"}, 200, ""); a.body != bare+`,"kind":"k"}` {
			t.Errorf("one resource is\n\t%s", a.body)
		}
	})
}

// A list of all types has no properties, like Azure's; az cannot show one as a table that has. A list of one type has them.
func TestListedProperties(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]bool{
		shop + "/resources":    false,
		primary + "/resources": false,
		shop + "/providers/Microsoft.Compute/virtualMachines": true,
		primary + "/resourceGroups":                           true,
	} {
		a := s.want(t, request{as: owner, method: "GET", path: path}, 200, "")
		if got := strings.Contains(a.body, `"properties":`); got != want || !strings.Contains(a.body, `"id":`) {
			t.Errorf("%s has properties: %t, want %t\n%s", path, got, want, a.body)
		}
	}
}
