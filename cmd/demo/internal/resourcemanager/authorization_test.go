package resourcemanager_test

import "testing"

// Roles are given, read and taken only where there is something to have them at.
func TestAuthorizationNeedsAScopeThatExists(t *testing.T) {
	s := newSite(t)
	const (
		provider   = "/providers/Microsoft.Authorization"
		assignment = provider + "/roleAssignments/c0000000-0000-4000-8000-000000000001"
		definition = provider + "/roleDefinitions/c0000000-0000-4000-8000-000000000002"
		noGroup    = primary + "/resourceGroups/None"
		noDisk     = shop + "/providers/Microsoft.Compute/disks/None"
	)
	for _, test := range []struct {
		as, method, path string
		status           int
		code             string
	}{
		{owner, "PUT", primary + assignment, 200, ""},
		{owner, "PUT", shop + assignment, 200, ""},
		{owner, "PUT", web + assignment, 200, ""},
		{owner, "GET", shop + definition, 200, ""},
		{auditor, "GET", provider + "/roleDefinitions", 200, ""},
		{auditor, "GET", "/providers/Microsoft.Management/managementGroups/all" + provider + "/roleAssignments", 200, ""},

		{owner, "PUT", noGroup + assignment, 404, "ResourceGroupNotFound"},
		{owner, "GET", noGroup + assignment, 404, "ResourceGroupNotFound"},
		{owner, "DELETE", noGroup + assignment, 404, "ResourceGroupNotFound"},
		{owner, "GET", noGroup + definition, 404, "ResourceGroupNotFound"},
		{owner, "GET", noGroup + provider + "/roleAssignments", 404, "ResourceGroupNotFound"},
		{owner, "POST", noGroup + provider + "/checkaccess", 404, "ResourceGroupNotFound"},
		{owner, "PUT", noDisk + assignment, 404, "ResourceNotFound"},
		{owner, "GET", noDisk + provider + "/permissions", 404, "ResourceNotFound"},
		{owner, "PUT", web + "/extensions/none" + assignment, 404, "ResourceNotFound"},

		// Who may not read there is not told.
		{contributor, "PUT", noDisk + assignment, 403, "AuthorizationFailed"},
		{contributor, "GET", noGroup + assignment, 403, "AuthorizationFailed"},
		{contributor, "GET", noGroup + provider + "/roleAssignments", 200, ""},
		{contributor, "GET", vault + provider + "/roleAssignments", 200, ""},
	} {
		s.want(t, request{as: test.as, method: test.method, path: test.path, body: "{}"}, test.status, test.code)
	}
}

func TestDeletedIsTold(t *testing.T) {
	s := newSite(t)
	s.want(t, request{as: owner, method: "DELETE", path: web}, 200, "")
	s.wantDeleted(t, web)
	s.want(t, request{as: owner, method: "DELETE", path: web}, 204, "")
	s.want(t, request{as: reader, method: "DELETE", path: shop}, 403, "AuthorizationFailed")
	s.wantDeleted(t)
	s.wantDeletion(t, request{as: owner, path: shop})
	s.wantDeleted(t, shop)
}

// An assignment that is made while its scope is deleted does not outlive it.
func TestDeletedWhileARoleIsGiven(t *testing.T) {
	s := newSite(t)
	assign := request{as: owner, method: "PUT", path: shop + "/providers/Microsoft.Authorization/roleAssignments/x", body: "{}"}
	s.want(t, assign, 200, "")
	s.wantDeleted(t)
	s.authorizing = func() { s.wantDeletion(t, request{as: owner, path: shop}) }
	s.want(t, assign, 200, "")
	s.wantDeleted(t, shop, shop)
}
