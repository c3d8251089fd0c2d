package middleware

import (
	"fmt"
	"net/http"
	"time"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// unauthorized refuses an operation that no role grants, or that a deny assignment blocks. Where nothing grants it, that is what the
// answer says, even if a deny assignment would block it as well: "has permission" would be false, and would tell somebody without
// any role which deny assignments there are. The log names the deny assignment in either case.
func unauthorized(principal *openid.Principal, op rbac.Operation, decision rbac.Decision) *refusal {
	if decision.Assignment != nil && decision.DenyAssignment != nil {
		return denied(principal, op, decision.DenyAssignment)
	}
	return &refusal{
		status: http.StatusForbidden, code: "AuthorizationFailed",
		message: fmt.Sprintf("The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' "+
			"or the scope is invalid. If access was recently granted, please refresh your credentials.",
			clientName(principal), quote(principal.ObjectID, maxClaimText), quote(op.Action, maxScopeText), quote(op.Scope.String(), maxScopeText)),
		reason: "no role grants the operation",
		denial: decision.DenyAssignment,
	}
}

// denied refuses an operation that a role grants and a deny assignment blocks.
func denied(principal *openid.Principal, op rbac.Operation, denial *rbac.DenyAssignment) *refusal {
	return &refusal{
		status: http.StatusForbidden, code: "DenyAssignmentAuthorizationFailed",
		message: fmt.Sprintf("The client '%s' with object id '%s' has permission to perform action '%s' on scope '%s'; however, "+
			"the access is denied because of the deny assignment with name '%s' and Id '%s' at scope '%s'.",
			clientName(principal), quote(principal.ObjectID, maxClaimText), quote(op.Action, maxScopeText), quote(op.Scope.String(), maxScopeText),
			quote(denial.DenyAssignmentName, maxClaimText), quote(denial.Name, maxClaimText), quote(denial.Scope, maxScopeText)),
		reason: "a deny assignment blocks the operation",
		denial: denial,
	}
}

// tooManyGroups refuses a principal whose token does not carry its groups. To go on without them would forget what they grant
// and, worse, what they deny.
func tooManyGroups(principal *openid.Principal, op rbac.Operation, detail string) *refusal {
	return &refusal{
		status: http.StatusForbidden, code: "AuthorizationFailed",
		message: fmt.Sprintf("The access token of the client '%s' with object id '%s' does not carry its groups, and they could not be "+
			"resolved. Without them, authorization to perform action '%s' over scope '%s' cannot be decided.",
			clientName(principal), quote(principal.ObjectID, maxClaimText), quote(op.Action, maxScopeText), quote(op.Scope.String(), maxScopeText)),
		reason: "group overage", detail: detail,
	}
}

// clientName is how Resource Manager calls a principal in its messages: people by name, workloads by application id.
func clientName(principal *openid.Principal) string {
	name := principal.Application
	if name == "" || principal.Name != "" && !principal.Kind.Workload() {
		name = principal.Name
	}
	return quote(name, maxClaimText)
}

// policyRetryAfter is when to try again while no policy was ever loaded. A source tells no time of its own.
const policyRetryAfter = 5 * time.Second

func policyUnavailable(err error) *refusal {
	return &refusal{
		status: http.StatusServiceUnavailable, code: "ServiceUnavailable",
		message:    "The access policy is not available at the moment. Please try again later.",
		retryAfter: policyRetryAfter,
		reason:     "policy unavailable", detail: quote(err.Error(), maxClaimText),
	}
}
