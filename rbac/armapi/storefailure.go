package armapi

import (
	"errors"
	"net/http"
	"strings"

	"hubgate.example/rbac"
)

// storeFailures are Azure's answers to what a store refuses. Without a message the store's own is shown, which says what is
// wrong with which field.
var storeFailures = []struct {
	err     error
	status  int
	code    string
	message string
}{
	{rbac.ErrAssignmentExists, http.StatusConflict, "RoleAssignmentExists", "The role assignment already exists."},
	{rbac.ErrAssignmentUpdate, http.StatusBadRequest, "RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."},
	{rbac.ErrAssignmentLimit, http.StatusBadRequest, "RoleAssignmentLimitExceeded", "No more role assignments can be created."},
	{rbac.ErrNotAssignable, http.StatusBadRequest, "RoleAssignmentScopeNotAssignableToRoleDefinition", "The assignable scopes of the role definition do not contain the scope of the role assignment."},
	{rbac.ErrRoleNotFound, http.StatusBadRequest, "RoleDefinitionDoesNotExist", "The specified role definition does not exist."},
	{rbac.ErrInvalidPrincipal, http.StatusBadRequest, "InvalidPrincipalId", "The principal ID is not valid. A principal ID is a GUID or a SID."},
	{rbac.ErrRoleLimit, http.StatusBadRequest, "RoleDefinitionLimitExceeded", "No more role definitions can be created."},
	{rbac.ErrRoleNameExists, http.StatusConflict, "RoleDefinitionWithSameNameExists", "A role definition cannot be updated with a name that already exists."},
	{rbac.ErrRoleHasAssignments, http.StatusBadRequest, "RoleDefinitionHasAssignments", "There are existing role assignments referencing role."},
	{rbac.ErrInvalidAction, http.StatusBadRequest, "InvalidActionOrNotAction", ""},
	{rbac.ErrBuiltInRole, http.StatusBadRequest, "RoleDefinitionUpdateNotPermitted", "Built-in roles cannot be changed or deleted."},
	{rbac.ErrInvalid, http.StatusBadRequest, "InvalidRequestContent", ""},
}

// storeFailure turns an error of the store into an answer. What is the store's own trouble stays as it is.
func storeFailure(err error) error {
	for _, f := range storeFailures {
		if !errors.Is(err, f.err) {
			continue
		}
		message := f.message
		if message == "" {
			message = "The request content was invalid: " + strings.TrimPrefix(err.Error(), "rbac: ") + "."
		}
		return failf(f.status, f.code, "%s", message)
	}
	return err
}
