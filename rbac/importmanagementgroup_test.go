package rbac_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

// The same small tree as each of Azure's answers has it: root > it > web, with subscription A in web and B in it.
const (
	mg = "/providers/Microsoft.Management/managementGroups/"

	restTree = `{
  "id": "/providers/Microsoft.Management/managementGroups/it",
  "type": "Microsoft.Management/managementGroups",
  "name": "it",
  "properties": {
    "tenantId": "99999999-0000-0000-0000-000000000000",
    "displayName": "IT",
    "details": {
      "version": 1, "updatedTime": "2024-01-01T00:00:00.00Z", "updatedBy": "x",
      "parent": {"id": "/providers/Microsoft.Management/managementGroups/root", "name": "root", "displayName": "Root"}
    },
    "children": [
      {
        "id": "/providers/Microsoft.Management/managementGroups/web", "type": "Microsoft.Management/managementGroups", "name": "web", "displayName": "Web",
        "children": [
          {"id": "/subscriptions/11111111-1111-1111-1111-111111111111", "type": "/subscriptions", "name": "11111111-1111-1111-1111-111111111111", "displayName": "A", "children": null}
        ]
      },
      {"id": "/subscriptions/22222222-2222-2222-2222-222222222222", "type": "/subscriptions", "name": "22222222-2222-2222-2222-222222222222", "displayName": "B"}
    ]
  }
}`
	cliTree = `{
  "children": [
    {
      "children": [
        {
          "children": [
            {"children": null, "displayName": "A", "id": "/subscriptions/11111111-1111-1111-1111-111111111111", "name": "11111111-1111-1111-1111-111111111111", "type": "/subscriptions"}
          ],
          "displayName": "Web",
          "id": "/providers/Microsoft.Management/managementGroups/web",
          "name": "web",
          "type": "/providers/Microsoft.Management/managementGroups"
        },
        {"children": null, "displayName": "B", "id": "/subscriptions/22222222-2222-2222-2222-222222222222", "name": "22222222-2222-2222-2222-222222222222", "type": "/subscriptions"}
      ],
      "displayName": "IT",
      "id": "/providers/Microsoft.Management/managementGroups/it",
      "name": "it",
      "type": "/providers/Microsoft.Management/managementGroups"
    }
  ],
  "details": {"parent": null, "updatedBy": "x", "updatedTime": "2024-01-01T00:00:00.000000+00:00", "version": 1},
  "displayName": "Root",
  "id": "/providers/Microsoft.Management/managementGroups/root",
  "name": "root",
  "tenantId": "99999999-0000-0000-0000-000000000000",
  "type": "/providers/Microsoft.Management/managementGroups"
}`
	restEntities = `{
  "value": [
    {"id": "/providers/Microsoft.Management/managementGroups/root", "type": "Microsoft.Management/managementGroups", "name": "root",
     "properties": {"displayName": "Root", "parent": {"id": null}, "permissions": "view", "numberOfChildren": 1}},
    {"id": "/providers/Microsoft.Management/managementGroups/it", "type": "Microsoft.Management/managementGroups", "name": "it",
     "properties": {"displayName": "IT", "parent": {"id": "/providers/Microsoft.Management/managementGroups/root"}, "parentNameChain": ["root"]}},
    {"id": "/providers/Microsoft.Management/managementGroups/web", "type": "Microsoft.Management/managementGroups", "name": "web",
     "properties": {"displayName": "Web", "parent": {"id": "/providers/Microsoft.Management/managementGroups/it"}}},
    {"id": "/subscriptions/11111111-1111-1111-1111-111111111111", "type": "/subscriptions", "name": "11111111-1111-1111-1111-111111111111",
     "properties": {"displayName": "A", "parent": {"id": "/providers/Microsoft.Management/managementGroups/web"}}},
    {"id": "/subscriptions/22222222-2222-2222-2222-222222222222", "type": "/subscriptions", "name": "22222222-2222-2222-2222-222222222222",
     "properties": {"displayName": "B", "parent": {"id": "/providers/Microsoft.Management/managementGroups/it"}}}
  ],
  "nextLink": null
}`
	cliEntities = `[
  {"displayName": "IT", "id": "/providers/Microsoft.Management/managementGroups/it", "name": "it", "parent": {"id": "/providers/Microsoft.Management/managementGroups/root"},
   "permissions": "view", "type": "Microsoft.Management/managementGroups"},
  {"displayName": "Web", "id": "/providers/Microsoft.Management/managementGroups/web", "name": "web", "parent": {"id": "/providers/Microsoft.Management/managementGroups/it"},
   "type": "Microsoft.Management/managementGroups"},
  {"displayName": "A", "id": "/subscriptions/11111111-1111-1111-1111-111111111111", "name": "11111111-1111-1111-1111-111111111111",
   "parent": {"id": "/providers/Microsoft.Management/managementGroups/web"}, "type": "/subscriptions"},
  {"displayName": "B", "id": "/subscriptions/22222222-2222-2222-2222-222222222222", "name": "22222222-2222-2222-2222-222222222222",
   "parent": {"id": "/providers/Microsoft.Management/managementGroups/it"}, "type": "/subscriptions"}
]`
	// What each group lists beside the groups in it; Azure writes a blank before the ids.
	restGrouped = `{
  "value": [
    {"name": "22222222-2222-2222-2222-222222222222",
     "id": " /providers/Microsoft.Management/managementGroups/it/subscriptions/22222222-2222-2222-2222-222222222222",
     "type": "Microsoft.Management/managementGroups/subscriptions",
     "properties": {"displayName": "B", "parent": {"id": "/providers/Microsoft.Management/managementGroups/it"}, "state": "Active"}}
  ]
}`
	cliGrouped = `{"displayName": "A", "id": "/providers/Microsoft.Management/managementGroups/web/subscriptions/11111111-1111-1111-1111-111111111111",
  "name": "11111111-1111-1111-1111-111111111111", "parent": {"id": "/providers/Microsoft.Management/managementGroups/web"}, "state": "Active",
  "type": "Microsoft.Management/managementGroups/subscriptions"}`
	restGroups = `[
  {"id": "/providers/Microsoft.Management/managementGroups/it", "type": "Microsoft.Management/managementGroups", "name": "it",
   "properties": {"displayName": "IT", "details": {"parent": {"id": "/providers/Microsoft.Management/managementGroups/root"}}}},
  {"id": "/providers/Microsoft.Management/managementGroups/web", "name": "web", "properties": {"details": {"parent": {"id": "/providers/Microsoft.Management/managementGroups/it"}}}}
]`
)

func TestImportManagementGroups(t *testing.T) {
	want := []rbac.ManagementGroupMember{
		{ManagementGroup: mg + "root", Member: mg + "it"},
		{ManagementGroup: mg + "it", Member: mg + "web"},
		{ManagementGroup: mg + "web", Member: subA},
		{ManagementGroup: mg + "it", Member: subB},
	}
	tests := []struct {
		name  string
		files []rbac.ImportFile
	}{
		{"tree, REST", []rbac.ImportFile{file("a", restTree)}},
		{"tree, CLI", []rbac.ImportFile{file("a", cliTree)}},
		{"tree, without types", []rbac.ImportFile{file("a", strings.NewReplacer(`"type"`, `"x"`).Replace(cliTree))}},
		{"entities, REST", []rbac.ImportFile{file("a", restEntities)}},
		{"entities, CLI", []rbac.ImportFile{file("a", cliEntities)}},
		{"groups and their subscriptions", []rbac.ImportFile{file("a", restGroups), file("b", restGrouped), file("c", cliGrouped)}},
		{"all, repeated", []rbac.ImportFile{file("a", restTree), file("b", cliTree), file("c", restEntities), file("d", cliEntities), file("e", restGrouped), file("f", cliGrouped)}},
		{"in other letters", []rbac.ImportFile{file("a", restTree), file("b", strings.ReplaceAll(strings.ToUpper(cliTree), "NULL", "null"))}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, err := rbac.Import(tt.files...)
			if err != nil {
				t.Fatal(err)
			}
			got := config.ManagementGroups
			if !slices.IsSortedFunc(got, func(a, b rbac.ManagementGroupMember) int {
				return strings.Compare(strings.ToLower(a.Member), strings.ToLower(b.Member))
			}) {
				t.Errorf("not sorted: %v", got)
			}
			got = slices.CompactFunc(slices.Clone(got), func(a, b rbac.ManagementGroupMember) bool {
				return strings.EqualFold(a.Member, b.Member) && strings.EqualFold(a.ManagementGroup, b.ManagementGroup)
			})
			if len(got) != len(want) {
				t.Fatalf("%v, want %v", got, want)
			}
			for i := range got {
				if !strings.EqualFold(got[i].Member, want[i].Member) || !strings.EqualFold(got[i].ManagementGroup, want[i].ManagementGroup) {
					t.Errorf("%v, want %v", got[i], want[i])
				}
			}
			config.Assignments = []rbac.RoleAssignment{{Name: name(1), Scope: mg + "it", RoleDefinitionID: rbac.RoleReader, PrincipalID: alice}}
			store, err := rbac.NewMemoryStore(config)
			if err != nil {
				t.Fatal(err)
			}
			if !allowed(t, store, alice, "a/read", machine) || allowed(t, store, alice, "a/read", mg+"root") {
				t.Error("what is assigned at a management group does not count for its members, or counts above")
			}
		})
	}
}

// An export of a group without its members, or of a subscription without its group, says nothing about where they lie.
func TestImportManagementGroupsAlone(t *testing.T) {
	config, err := rbac.Import(file("a", `[
		{"id": "/providers/Microsoft.Management/managementGroups/it", "type": "/providers/Microsoft.Management/managementGroups", "name": "it", "tenantId": "x", "displayName": "IT"},
		{"id": "/subscriptions/11111111-1111-1111-1111-111111111111", "type": "/subscriptions", "name": "x", "parent": null}
	]`))
	if err != nil || config.ManagementGroups != nil {
		t.Errorf("%v, %v", config, err)
	}
}

// nested is a tree of one management group in another, that many deep below the first, without a branch.
func nested(levels int) string {
	var tree strings.Builder
	for i := range levels + 1 {
		fmt.Fprintf(&tree, `{"type": "Microsoft.Management/managementGroups", "id": "%s%d", "children": [`, mg, i)
	}
	tree.WriteString(strings.Repeat("]}", levels+1))
	return tree.String()
}

func TestImportManagementGroupLevels(t *testing.T) {
	config, err := rbac.Import(file("a", nested(6)), file("b", edited(t, nested(6), `"children": []`, `"children": [{"id": "`+subA+`"}]`)))
	if err != nil || len(config.ManagementGroups) != 6+7 {
		t.Errorf("%v, %v", config.ManagementGroups, err)
	}
	if _, err := rbac.Import(file("a", nested(7))); err == nil || !strings.HasPrefix(err.Error(), "rbac: a: ") {
		t.Errorf("seven levels below the first: %v", err)
	}
}

func TestImportManagementGroupErrors(t *testing.T) {
	edit := func(data, old, new string) []rbac.ImportFile {
		return []rbac.ImportFile{file("a.json", edited(t, data, old, new))}
	}
	tests := []struct {
		name  string
		files []rbac.ImportFile
		want  string // begins the error
	}{
		{"no id", edit(restGroups, `"id": "/providers/Microsoft.Management/managementGroups/it", "type"`, `"type"`), "a.json: [0].id: "},
		{"id of something else", edit(restTree, `"id": "/providers/Microsoft.Management/managementGroups/it"`, `"id": "`+groupA+`"`), "a.json: id: not an id of Microsoft.Management/managementGroups"},
		{"parent is no management group", edit(restTree, `{"id": "/providers/Microsoft.Management/managementGroups/root"`, `{"id": "`+subB+`"`), "a.json: properties.details.parent.id: "},
		{"parent of an entity", edit(cliEntities, `"parent": {"id": "/providers/Microsoft.Management/managementGroups/root"`, `"parent": {"id": "x"`), "a.json: [0].parent.id: "},
		{"parent of an entity, REST", edit(restEntities, `"parent": {"id": "/providers/Microsoft.Management/managementGroups/root"`, `"parent": {"id": "x"`), "a.json: value[1].properties.parent.id: "},
		{"child is a resource group", edit(restTree, `"id": "/subscriptions/1111`, `"id": "/subscriptions/x/resourceGroups/1111`), "a.json: properties.children[0].children[0].id: "},
		{"child without an id", edit(cliTree, `"id": "/subscriptions/2222`, `"x": "/subscriptions/2222`), "a.json: children[0].children[1].id: "},
		{"child is a string", edit(restTree, `"children": [`, `"children": ["x",`), "a.json: properties.children[0]: unexpected JSON string"},
		{"children beside properties", edit(restTree, `"properties": {`, `"children": [], "properties": {`), "a.json: children: stands beside properties"},
		{"subscription in two groups", []rbac.ImportFile{file("a.json", restTree), file("b.json", edited(t, edited(t, cliGrouped, "Groups/web/", "Groups/it/"), "Groups/web", "Groups/it"))}, "b.json: conflicts with a.json: properties.children[0].children[0]: "},
		{"listed by another group than its parent", edit(cliGrouped, `Groups/web/`, `Groups/it/`), "a.json: id: lies in another management group"},
		{"subscription's id", edit(restEntities, `"id": "/subscriptions/1111`, `"id": "/subscriptions/x/resourceGroups/1111`), "a.json: value[3].id: not a subscription's id"},
		{"seven levels", []rbac.ImportFile{file("a.json", nested(8))}, "a.json: children[0].children[0].children[0].children[0].children[0].children[0].children[0].children: more than 6 levels"},
		{"deeper than deep", []rbac.ImportFile{file("a.json", nested(2000))}, "a.json: children[0].children[0].children[0].children[0].children[0].children[0].children[0].children: more than 6 levels"},
		{"circle", []rbac.ImportFile{file("a.json", restTree), file("b.json", `{"id": "`+mg+`root", "type": "Microsoft.Management/managementGroups", "properties": {"details": {"parent": {"id": "`+mg+`web"}}}}`)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, err := rbac.Import(tt.files...)
			if err == nil || !strings.HasPrefix(err.Error(), "rbac: "+tt.want) {
				t.Fatalf("error %v, want rbac: %s", err, tt.want)
			}
			if config.ManagementGroups != nil {
				t.Errorf("%+v besides an error", config)
			}
			if !strings.Contains(err.Error(), ".json: ") {
				t.Errorf("error %v names no file", err)
			}
		})
	}
}
