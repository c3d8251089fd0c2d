package rbac_test

import (
	"context"
	"fmt"
	"net/http"

	"hubgate.example/rbac"
)

// Who may do what is written down as role assignments; what a caller may do follows from its object id and groups.
func ExampleNewPolicy() {
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{
		Assignments: []rbac.RoleAssignment{{
			Scope:            "/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/resourceGroups/web",
			RoleDefinitionID: rbac.RoleContributor,
			PrincipalID:      "S-1-5-21-1004336348-1177238915-682003330-1109", // a group
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := authorizer.ResourceSet(context.Background(), rbac.Subject{
		ObjectID: "S-1-5-21-1004336348-1177238915-682003330-2207",
		Groups:   []string{"S-1-5-21-1004336348-1177238915-682003330-1109"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	machine, err := rbac.ParseScope("/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/vm1")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, action := range []string{"Microsoft.Compute/virtualMachines/write", "Microsoft.Authorization/roleAssignments/write"} {
		fmt.Println(action, set.Check(rbac.Operation{Action: action, Scope: machine}).Allowed)
	}
	// Output:
	// Microsoft.Compute/virtualMachines/write true
	// Microsoft.Authorization/roleAssignments/write false
}

// A list shows what the caller may read. The items carry their scopes.
func ExampleFilter() {
	subscription := rbac.MustParseScope("/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333")
	var groups []rbac.Scope
	for _, name := range []string{"db", "web"} {
		group, err := subscription.Child("resourceGroups", name)
		if err != nil {
			fmt.Println(err)
			return
		}
		groups = append(groups, group)
	}
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{{
		Scope:            groups[1].String(),
		RoleDefinitionID: rbac.RoleReader,
		PrincipalID:      "9c8b7a69-5f4e-4d3c-8b2a-111122223333",
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := authorizer.ResourceSet(context.Background(), rbac.Subject{ObjectID: "9c8b7a69-5f4e-4d3c-8b2a-111122223333"})
	if err != nil {
		fmt.Println(err)
		return
	}

	for _, group := range rbac.Filter(set, groups, func(group rbac.Scope) rbac.Operation {
		return rbac.Operation{Action: group.ResourceType() + "/read", Scope: group}
	}) {
		fmt.Println(group.Name())
	}
	// Output:
	// web
}

func ExampleOperationFor() {
	for _, request := range []struct{ method, path string }{
		{"GET", "/subscriptions/s1/resourcegroups"},
		{"PUT", "/subscriptions/s1/resourceGroups/web/providers/Microsoft.Sql/servers/db1/databases/orders"},
		{"POST", "/subscriptions/s1/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/vm1/restart"},
		{"GET", "/subscriptions/s1%2fresourceGroups"},
	} {
		r, err := http.NewRequest(request.method, "https://management.example"+request.path, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		operation, err := rbac.OperationFor(r)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(operation.Action)
		fmt.Println("  at", operation.Scope)
	}
	// Output:
	// Microsoft.Resources/subscriptions/resourceGroups/read
	//   at /subscriptions/s1
	// Microsoft.Sql/servers/databases/write
	//   at /subscriptions/s1/resourceGroups/web/providers/Microsoft.Sql/servers/db1/databases/orders
	// Microsoft.Compute/virtualMachines/restart/action
	//   at /subscriptions/s1/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/vm1
	// rbac: invalid path: encoded slash
}

// Exports of Azure's command line become a policy.
func ExampleImport() {
	config, err := rbac.Import(rbac.ImportFile{Name: "assignments.json", Data: []byte(`[{
		"name": "6f5c6e51-62a5-4b0a-9d3a-111122223333",
		"principalId": "S-1-5-21-1004336348-1177238915-682003330-1109",
		"roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
		"scope": "/subscriptions/s1",
		"type": "Microsoft.Authorization/roleAssignments"
	}]`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := rbac.NewMemoryStore(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	assignments, err := store.Assignments(context.Background())
	fmt.Println(len(assignments), assignments[0].Scope, err)
	// Output:
	// 1 /subscriptions/s1 <nil>
}

// A change makes the next revision of a policy, and an explanation says which assignments count and which do not.
func ExamplePolicy_With() {
	const (
		subscription = "/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333"
		user         = "9c8b7a69-5f4e-4d3c-8b2a-111122223333"
	)
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{{
		Name:             "6f5c6e51-62a5-4b0a-9d3a-111122223333",
		Scope:            subscription,
		RoleDefinitionID: rbac.RoleContributor,
		PrincipalID:      user,
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	locked, err := policy.With(rbac.Change{PutDenyAssignments: []rbac.DenyAssignment{{
		Name:               "7a6b5c4d-3e2f-4a1b-8c9d-111122223333",
		DenyAssignmentName: "no deleting",
		Scope:              subscription + "/resourceGroups/web",
		Permissions:        []rbac.Permission{{Actions: []string{"*/delete"}}},
		Principals:         []rbac.DenyPrincipal{{ID: rbac.EveryoneID, Type: "SystemDefined"}},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, policy := range []*rbac.Policy{policy, locked} {
		authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
		if err != nil {
			fmt.Println(err)
			return
		}
		set, err := authorizer.ResourceSet(context.Background(), rbac.Subject{ObjectID: user})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(set.Explain(rbac.Operation{
			Action: "Microsoft.Resources/subscriptions/resourceGroups/delete",
			Scope:  rbac.MustParseScope(subscription + "/resourceGroups/web"),
		}))
	}
	// Output:
	// "Microsoft.Resources/subscriptions/resourceGroups/delete" at /subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/resourceGroups/web by "9c8b7a69-5f4e-4d3c-8b2a-111122223333" with 0 groups: allowed
	// - role assignment 6f5c6e51-62a5-4b0a-9d3a-111122223333 of "Contributor" to 9c8b7a69-5f4e-4d3c-8b2a-111122223333 at /subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333: grants it
	// "Microsoft.Resources/subscriptions/resourceGroups/delete" at /subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/resourceGroups/web by "9c8b7a69-5f4e-4d3c-8b2a-111122223333" with 0 groups: not allowed, because a deny assignment blocks it
	// - deny assignment 7a6b5c4d-3e2f-4a1b-8c9d-111122223333 "no deleting" at /subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/resourceGroups/web: blocks it
	// - role assignment 6f5c6e51-62a5-4b0a-9d3a-111122223333 of "Contributor" to 9c8b7a69-5f4e-4d3c-8b2a-111122223333 at /subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333: grants it
}
