package resourcemanager_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"hubgate.example/cmd/demo/internal/resourcemanager"
)

func TestResourceGroupLife(t *testing.T) {
	s := newSite(t, func(config *resourcemanager.Config) { config.Region = "West US" })
	group := primary + "/resourceGroups/New"
	inside := group + "/providers/Microsoft.Compute/disks/One"

	want := `{"id":"` + group + `","name":"New","type":"Microsoft.Resources/resourceGroups","location":"westus",` +
		`"tags":{"a":"1","b":"2"},"properties":{"provisioningState":"Succeeded"},"managedBy":"me"}`
	a := s.want(t, request{
		as: owner, method: "PUT", path: strings.Replace(group, "resourceGroups", "resourcegroups", 1),
		body: `{"location":"West US","tags":{"a":"1","b":"2"},"managedBy":"me","name":"other","id":"other","type":"other"}`,
	}, 201, "")
	if a.body != want {
		t.Errorf("created\n\t%s, want\n\t%s", a.body, want)
	}
	if a = s.want(t, request{as: owner, method: "GET", path: group}, 200, ""); a.body != want {
		t.Errorf("got\n\t%s, want\n\t%s", a.body, want)
	}

	// A patch merges; a put replaces.
	want = strings.Replace(want, `"b":"2"`, `"b":"3","c":"4"`, 1)
	a = s.want(t, request{as: owner, method: "PATCH", path: group, body: `{"tags":{"b":"3","c":"4"},"id":"other"}`}, 200, "")
	if a.body != want {
		t.Errorf("patched\n\t%s, want\n\t%s", a.body, want)
	}
	want = `{"id":"` + group + `","name":"New","type":"Microsoft.Resources/resourceGroups","location":"westus",` +
		`"properties":{"provisioningState":"Succeeded"}}`
	a = s.want(t, request{as: owner, method: "PUT", path: strings.ToUpper(group), body: `{"location":"westus"}`}, 200, "")
	if a.body != want {
		t.Errorf("put again\n\t%s, want\n\t%s", a.body, want)
	}

	s.want(t, request{as: owner, method: "PUT", path: group, body: `{}`}, 400, "LocationRequired")
	s.want(t, request{as: owner, method: "PUT", path: primary + "/resourceGroups/other", body: `{"location":" "}`}, 400, "LocationRequired")
	a = s.want(t, request{as: owner, method: "PUT", path: group, body: `{"location":"eastus"}`}, 409, "InvalidResourceGroupLocation")
	if a.message != "Invalid resource group location 'eastus'. The Resource group already exists in location 'westus'." {
		t.Error(a.message)
	}

	s.want(t, request{as: owner, method: "PUT", path: inside, body: `{}`}, 201, "")
	s.wantDeletion(t, request{as: owner, path: strings.ToLower(group)})
	s.want(t, request{as: owner, method: "DELETE", path: group}, 404, "ResourceGroupNotFound")
	s.want(t, request{as: owner, method: "HEAD", path: group}, 404, "")
	s.want(t, request{as: owner, method: "GET", path: inside}, 404, "ResourceNotFound")
	s.want(t, request{as: owner, method: "GET", path: shop}, 200, "")

	// Nothing of the old one is in a new one.
	s.want(t, request{as: owner, method: "PUT", path: strings.ToLower(group), body: `{"location":"eastus"}`}, 400, "LocationNotAvailableForResourceGroup")
	s.want(t, request{as: owner, method: "PUT", path: strings.ToLower(group), body: `{"location":"westus"}`}, 201, "")
	s.wantIDs(t, request{as: owner, method: "GET", path: group + "/resources"})
}

func TestResourceLife(t *testing.T) {
	s := newSite(t)
	account := shop + "/providers/Microsoft.Storage/storageAccounts/Account"
	spelled := strings.ToLower(shop) + "/Providers/Microsoft.Storage/storageAccounts/Account"

	// The id keeps the group's spelling; what only some types have is kept as it came.
	want := `{"id":"` + account + `","name":"Account","type":"Microsoft.Storage/storageAccounts","location":"local",` +
		`"properties":{"big":9007199254740993,"nested":{"a":1,"b":2},"provisioningState":"Succeeded"},"kind":"Storage","sku":{"name":"LRS"}}`
	a := s.want(t, request{
		as: owner, method: "PUT", path: spelled,
		body: `{"location":"local","sku":{"name":"LRS"},"kind":"Storage","properties":{"nested":{"a":1,"b":2},"big":9007199254740993,"provisioningState":"Failed"}}`,
	}, 201, "")
	if a.body != want {
		t.Errorf("created\n\t%s, want\n\t%s", a.body, want)
	}

	want = strings.NewReplacer(`"nested":{"a":1,"b":2}`, `"nested":{"a":3,"b":2},"new":true`, `"Storage","sku"`, `"StorageV2","sku"`,
		`"properties"`, `"tags":{"t":"v"},"properties"`).Replace(want)
	a = s.want(t, request{
		as: owner, method: "PATCH", path: account,
		body: `{"kind":"StorageV2","tags":{"t":"v"},"properties":{"nested":{"a":3},"new":true}}`,
	}, 200, "")
	if a.body != want {
		t.Errorf("patched\n\t%s, want\n\t%s", a.body, want)
	}
	if a = s.want(t, request{as: owner, method: "GET", path: spelled}, 200, ""); a.body != want {
		t.Errorf("got\n\t%s, want\n\t%s", a.body, want)
	}

	a = s.want(t, request{as: owner, method: "PUT", path: account, body: `{"location":"moon"}`}, 409, "InvalidResourceLocation")
	if a.message != "The resource 'Account' already exists in location 'local' in resource group 'Shop'. A resource with the same name "+
		"cannot be created in location 'moon'. Please select a new resource name." {
		t.Error(a.message)
	}
	// Without a location it stays where it is; one that never had any may get one.
	if a = s.want(t, request{as: owner, method: "PUT", path: account, body: `{}`}, 200, ""); a.json["location"] != "local" {
		t.Errorf("no longer where it was: %s", a.body)
	}
	s.want(t, request{as: owner, method: "PUT", path: budget, body: `{"location":"local"}`}, 200, "")
	s.want(t, request{as: owner, method: "PUT", path: budget, body: `{"location":"moon"}`}, 409, "InvalidResourceLocation")

	// Nested and extension resources go with what they lie in.
	extension := disk + "/providers/Microsoft.Insights/diagnosticSettings/All"
	a = s.want(t, request{as: owner, method: "PUT", path: strings.ToLower(extension), body: `{}`}, 201, "")
	if a.json["id"] != disk+"/providers/microsoft.insights/diagnosticsettings/all" || a.json["type"] != "microsoft.insights/diagnosticsettings" {
		t.Errorf("extension resource: %s", a.body)
	}
	s.want(t, request{as: owner, method: "DELETE", path: web}, 200, "")
	s.want(t, request{as: owner, method: "GET", path: extension}, 404, "ResourceNotFound")
	s.want(t, request{as: owner, method: "GET", path: net}, 200, "")
}

// RFC 7396, for resource groups and resources alike.
func TestPatchMerges(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{shop, web} {
		before := s.want(t, request{as: owner, method: "PUT", path: path, body: `{"location":"local","tags":{"a":"1","b":"2"},"sku":{"name":"S","tier":"T"},
			"properties":{"list":[1,{"x":1}],"deep":{"c":3,"er":{"a":1,"b":2}},"gone":true,"number":9007199254740993}}`}, 200, "")
		for _, test := range []struct {
			patch  string
			change []string // of the answer: old and new alternate
		}{
			{`{}`, nil},
			{`{"id":"other","name":null,"type":"other"}`, nil},
			{`{"location":"local"}`, nil},
			{`{"tags":{"b":null,"c":"3"}}`, []string{`"b":"2"`, `"c":"3"`}},
			{`{"tags":null}`, []string{`"tags":{"a":"1","c":"3"},`, ``}},
			{`{"tags":{"a":null,"d":"4"}}`, []string{`"properties"`, `"tags":{"d":"4"},"properties"`}},
			{`{"properties":{"gone":null,"none":null}}`, []string{`"gone":true,`, ``}},
			{`{"properties":{"deep":{"er":{"a":null,"d":{"e":null,"f":4}}}}}`, []string{`"er":{"a":1,"b":2}`, `"er":{"b":2,"d":{"f":4}}`}},
			{`{"properties":{"list":[null,2]}}`, []string{`[1,{"x":1}]`, `[null,2]`}},
			{`{"properties":{"deep":"flat"}}`, []string{`{"c":3,"er":{"b":2,"d":{"f":4}}}`, `"flat"`}},
			{`{"properties":{"provisioningState":null}}`, nil},
			{`{"sku":{"tier":"U"}}`, []string{`"tier":"T"`, `"tier":"U"`}},
			{`{"properties":null,"sku":null}`, []string{`"deep":"flat","list":[null,2],"number":9007199254740993,`, ``, `,"sku":{"name":"S","tier":"U"}`, ``}},
		} {
			want := strings.NewReplacer(test.change...).Replace(before.body)
			a := s.want(t, request{as: owner, method: "PATCH", path: path, body: test.patch}, 200, "")
			if a.body != want {
				t.Errorf("%s patched with %s is\n\t%s, want\n\t%s", path, test.patch, a.body, want)
			}
			before = a
		}
	}
}

func TestNotFoundInResourceManagersWords(t *testing.T) {
	s := newSite(t)
	none := shop + "/providers/Microsoft.Sql/servers/none"
	const more = " For more details please go to https://aka.ms/ARMResourceNotFoundFix"
	for _, test := range []struct{ method, path, message string }{
		{"GET", primary + "/resourceGroups/None", "Resource group 'None' could not be found."},
		{"GET", none + "/databases/d", "The Resource 'Microsoft.Sql/servers/none/databases/d' under resource group 'Shop' was not found." + more},
		{"GET", primary + "/providers/Microsoft.Consumption/budgets/c", "The Resource 'Microsoft.Consumption/budgets/c' under resource group '<null>' was not found." + more},
		{"POST", none + "/restart", "The Resource 'Microsoft.Sql/servers/none' under resource group 'Shop' was not found." + more},
		{"PUT", none + "/databases/d", "Can not perform requested operation on nested resource. Parent resource 'none' not found."},
		{"PUT", none + "/providers/Microsoft.Consumption/budgets/c", "Can not perform requested operation on nested resource. Parent resource 'none' not found."},
		{"PUT", primary + "/resourceGroups/None/providers/Microsoft.Consumption/budgets/c", "Resource group 'None' could not be found."},
		{"GET", "/subscriptions/44444444-aaaa-4bbb-8ccc-000000000004", "The subscription '44444444-aaaa-4bbb-8ccc-000000000004' could not be found."},
	} {
		body := ""
		if test.method == http.MethodPut {
			body = "{}"
		}
		a := s.do(t, request{as: owner, method: test.method, path: test.path, body: body})
		if a.status != http.StatusNotFound || a.message != test.message {
			t.Errorf("%s %s: %d %s, want\n\t%s", test.method, test.path, a.status, a.message, test.message)
		}
	}
}

func TestActionAnswersTheResource(t *testing.T) {
	s := newSite(t)
	a := s.want(t, request{as: contributor, method: "POST", path: web + "/restart"}, 200, "")
	resource, _ := a.json["resource"].(map[string]any)
	if a.json["action"] != "Microsoft.Compute/virtualMachines/restart/action" || resource["id"] != web {
		t.Error(a.body)
	}
}

// The right to act is no right to read.
func TestActionShowsNothingThatMayNotBeRead(t *testing.T) {
	s := newSite(t)
	s.want(t, request{as: restarter, method: "GET", path: web}, 403, "AuthorizationFailed")
	a := s.want(t, request{as: restarter, method: "POST", path: web + "/restart"}, 200, "")
	if _, shown := a.json["resource"]; shown || a.json["action"] == nil {
		t.Error(a.body)
	}
}

func TestLists(t *testing.T) {
	s := newSite(t)
	machines := "/providers/Microsoft.Compute/virtualMachines"
	for _, test := range []struct {
		as, path string
		want     []string
	}{
		{owner, "/subscriptions", []string{primary, second}},
		{contributor, "/subscriptions", []string{primary}},
		{reader, "/subscriptions", []string{primary}},
		{nobody, "/subscriptions", nil},
		{auditor, "/subscriptions", []string{primary, second}},
		{stranger, "/subscriptions", []string{elsewhere}},

		{owner, primary + "/resourceGroups", []string{shop, vault}},
		{contributor, primary + "/resourceGroups", []string{shop}},
		{reader, primary + "/resourceGroups", nil},
		{owner, second + "/resourceGroups", nil},

		{owner, primary + "/resources", []string{budget, web, disk, net, safe}},
		{owner, vault + "/resources", []string{safe}},
		{owner, primary + machines, []string{web, safe}},
		{owner, shop + machines, []string{web}},
		{owner, web + "/extensions", []string{disk}},
		{contributor, primary + "/resources", []string{web, disk, net}},
		{contributor, vault + "/resources", nil},
		{contributor, primary + machines, []string{web}},
		{reader, primary + "/resources", []string{web, disk}},
		{reader, primary + machines, []string{web}},
		{reader, web + "/extensions", []string{disk}},
		{nobody, primary + "/resources", nil},
		{nobody, web + "/extensions", nil},

		// A list does not tell whether its parent exists, but to those who may read it.
		{contributor, primary + "/resourceGroups/none/resources", nil},
		{contributor, primary + "/resourceGroups/none" + machines, nil},
		{reader, net + "x/subnets", nil},
	} {
		t.Run(strings.TrimPrefix(test.path, primary), func(t *testing.T) {
			s.wantIDs(t, request{as: test.as, method: "GET", path: test.path}, test.want...)
		})
	}
	s.want(t, request{as: owner, method: "GET", path: primary + "/resourceGroups/none/resources"}, 404, "ResourceGroupNotFound")
	s.want(t, request{as: contributor, method: "GET", path: net + "x/subnets"}, 404, "ResourceNotFound")
	s.want(t, request{as: owner, method: "GET", path: elsewhere + "/resourceGroups"}, 401, "InvalidAuthenticationTokenTenant")
}

// A patch that is refused has changed nothing, not even what it would have replaced before it failed.
func TestRefusedPatchChangesNothing(t *testing.T) {
	s := newSite(t)
	s.want(t, request{as: owner, method: "PATCH", path: web, body: `{"kind":"aaaaa"}`}, 200, "")
	before := s.want(t, request{as: owner, method: "GET", path: web}, 200, "")
	for body, code := range map[string]string{
		`{"properties":{"size":"huge!"},"kind":"bbbbb","tags":{"Tier":"back."},"location":"moon"}`: "InvalidResourceLocation",
		`{"properties":{"size":"huge!"},"kind":"bbbbb","tags":{"Tier":"back."},"location":1}`:      "InvalidRequestContent",
	} {
		a := s.do(t, request{as: owner, method: "PATCH", path: web, body: body})
		if a.code != code {
			t.Errorf("%s: %d %s, want %s", body, a.status, a.code, code)
		}
		if a := s.want(t, request{as: owner, method: "GET", path: web}, 200, ""); a.body != before.body {
			t.Errorf("%s has left\n\t%s, was\n\t%s", body, a.body, before.body)
		}
	}
}

// Two requests at once never see half a change, and a patch loses nothing that another one wrote.
func TestManyAtOnce(t *testing.T) {
	s := newSite(t)
	group := primary + "/resourceGroups/busy"
	s.want(t, request{as: owner, method: "PUT", path: group, body: `{"location":"local"}`}, 201, "")
	var wg sync.WaitGroup
	for _, name := range strings.Split("abcdefgh", "") {
		wg.Go(func() {
			disk := group + "/providers/Microsoft.Compute/disks/" + name
			s.want(t, request{as: owner, method: "PATCH", path: group, body: `{"tags":{"` + name + `":"1"}}`}, 200, "")
			s.want(t, request{as: owner, method: "PUT", path: disk, body: `{}`}, 201, "")
			s.want(t, request{as: owner, method: "GET", path: group}, 200, "")
			s.do(t, request{as: owner, method: "GET", path: group + "/resources"}).ids(t)
			s.want(t, request{as: owner, method: "DELETE", path: disk}, 200, "")
		})
	}
	wg.Wait()
	a := s.want(t, request{as: owner, method: "GET", path: group}, 200, "")
	if tags, _ := a.json["tags"].(map[string]any); len(tags) != 8 {
		t.Errorf("tags are %v", tags)
	}
	s.wantIDs(t, request{as: owner, method: "GET", path: group + "/resources"})
}
