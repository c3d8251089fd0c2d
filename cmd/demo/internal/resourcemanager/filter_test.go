package resourcemanager_test

import (
	"net/url"
	"testing"
)

func TestFilter(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		filter string
		want   []string
	}{
		{"resourceType eq 'Microsoft.Compute/virtualMachines'", []string{web, safe}},
		{"resourcetype eq 'microsoft.compute/virtualmachines' and resourceGroup eq 'VAULT'", []string{safe}},
		{"resourceGroup eq 'Shop' and name eq 'net'", []string{net}},
		{"location eq 'local' and name eq 'Budget'", nil},
		{"tagName eq 'tier'", []string{web}},
		{"tagname eq 'tier' and tagvalue eq 'front'", []string{web}},
		{"tagName eq 'tier' and tagValue eq 'Front'", nil},
		{"tagName eq 'owner' and tagValue eq 'it''s us'", []string{web}},
		{"name eq 'a and b'", nil},
		{"", []string{budget, web, disk, net, safe}},
	} {
		s.wantIDs(t, request{
			as: owner, method: "GET", path: primary + "/resources", query: "api-version=2021-04-01&$filter=" + url.QueryEscape(test.filter),
		}, test.want...)
	}
	s.wantIDs(t, request{
		as: owner, method: "GET", path: primary + "/resourceGroups", query: "api-version=2021-04-01&$filter=" + url.QueryEscape("name eq 'shop'"),
	}, shop)
	for _, filter := range []string{
		"name", "name eq", "name eq x", "name eq 'x", "name eq 'x'y", "name eq 'x' or name eq 'y'", "name ne 'x'", "plan eq 'x'",
		"name eq 'x' name eq 'y'", "name eq 'x' and name eq 'y'", "tagValue eq 'x'", "substringof('x', name)", " ", "and name eq 'x'",
		"name eq 'x' and", "name eq 'x' and ",
	} {
		s.want(t, request{
			as: owner, method: "GET", path: primary + "/resources", query: "api-version=2021-04-01&$filter=" + url.QueryEscape(filter),
		}, 400, "InvalidFilterInQueryString")
	}
}
