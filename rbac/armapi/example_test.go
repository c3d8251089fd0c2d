package armapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"hubgate.example/rbac"
	"hubgate.example/rbac/armapi"
)

// Behind the gate, ResourceSetFrom is middleware.ResourceSetFrom. Here one caller, who owns the subscription, stands for all.
func Example() {
	const subscription = "/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333"
	store, err := rbac.NewMemoryStore(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{{
		Name:             "5d4c3b2a-0f1e-4d2c-8b3a-111122223333",
		Scope:            subscription,
		RoleDefinitionID: rbac.RoleOwner,
		PrincipalID:      "9c8b7a69-5f4e-4d3c-8b2a-111122223333",
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: store})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler, err := armapi.New(armapi.Config{
		Store: store,
		ResourceSetFrom: func(ctx context.Context) (*rbac.ResourceSet, bool) {
			set, err := authorizer.ResourceSet(ctx, rbac.Subject{ObjectID: "9c8b7a69-5f4e-4d3c-8b2a-111122223333"})
			return set, err == nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	r := httptest.NewRequest(http.MethodPut,
		subscription+"/providers/Microsoft.Authorization/roleAssignments/7e6d5c4b-3a29-4f18-8e7d-111122223333?api-version=2022-04-01",
		strings.NewReader(`{"properties": {"principalId": "S-1-5-21-1004336348-1177238915-682003330-1109",
			"roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"}}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code)
	// Output: 201
}
