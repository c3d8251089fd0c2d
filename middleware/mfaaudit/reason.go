package mfaaudit

import (
	"slices"
	"strings"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// A Reason is why a principal would break, in words. All but NoMFA, which every record has, tell what sort of case it is, as far as
// token, role assignment and traffic show.
type Reason string

// The reasons, in the order in which reports have them. Of the situations in which automation runs as a user, these are the ones that can be seen from here. Reach to resources
// outside Azure, a user's name in the logs, small set-ups and automation outside production leave no trace in a token.
const (
	NoMFA Reason = "no multi-factor authentication in the token"
	// UnknownKind: the token may be a workload's, but does not tell.
	UnknownKind Reason = "the token does not tell a user from a workload"
	// PasswordOnly: amr of a public client's token is pwd and nothing else, which is how a script signs in that has the user's password
	// (the resource owner password credentials grant), and people whose tenant does not ask for more.
	PasswordOnly Reason = "a public client signed in with a password alone"
	// MachinePace: see pace. A client that showed a secret or a certificate is a server that may act for many people; it is left out.
	MachinePace Reason = "writes at the pace of a machine"
	// ServiceAccount: an AD FS signs in accounts of Active Directory, and this one has the pace of a machine.
	ServiceAccount Reason = "an Active Directory account used as a service account"
	// OwnPermissions: what grants the operation is assigned to the user and not to a group.
	OwnPermissions Reason = "permissions assigned to the user itself"
	// OwnSubscription: the user is Owner of the subscription, by such an assignment.
	OwnSubscription Reason = "automation or work in a subscription of the user's own"
)

// order is that of Record.Why.
var order = []Reason{NoMFA, UnknownKind, PasswordOnly, MachinePace, ServiceAccount, OwnPermissions, OwnSubscription}

// sortReasons brings reasons into their order. What a later version has written comes last, as it stands.
func sortReasons(reasons []Reason) {
	rank := func(r Reason) int {
		if i := slices.Index(order, r); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(reasons, func(a, b Reason) int { return rank(a) - rank(b) })
}

// reasonsOf are the reasons that one call shows.
func reasonsOf(call Call, machine bool) []Reason {
	p := call.Principal
	reasons := []Reason{NoMFA}
	if p.Kind == openid.KindUnknown {
		reasons = append(reasons, UnknownKind)
	}
	if p.Credential == openid.CredentialNone && len(p.AuthenticationMethods) == 1 && p.AuthenticationMethods[0] == "pwd" {
		reasons = append(reasons, PasswordOnly)
	}
	if machine && p.Credential != openid.CredentialSecret && p.Credential != openid.CredentialAssertion {
		reasons = append(reasons, MachinePace)
		if call.ADFS {
			reasons = append(reasons, ServiceAccount)
		}
	}
	if a := call.Assignment; a != nil && strings.EqualFold(a.PrincipalID, p.ObjectID) {
		reasons = append(reasons, OwnPermissions)
		if isOwner(a) {
			reasons = append(reasons, OwnSubscription)
		}
	}
	return reasons
}

// isOwner reports whether a makes somebody Owner of a whole subscription.
func isOwner(a *rbac.RoleAssignment) bool {
	role := a.RoleDefinitionID[strings.LastIndexByte(a.RoleDefinitionID, '/')+1:]
	scope, err := rbac.ParseScope(a.Scope)
	return err == nil && strings.EqualFold(role, rbac.RoleOwner) && scope.ResourceType() == "Microsoft.Resources/subscriptions"
}

// What to move to, in words. A workload of any of the three kinds needs no multi-factor authentication.
const (
	moveWorkload = "a managed identity where it runs on an Azure resource; a federated identity where it runs in Kubernetes, in GitHub Actions " +
		"or in another cloud; a service principal with a certificate anywhere else"
	moveWorkloadADFS = "a service principal with a certificate, which an administrator creates"
	movePerson       = "a person signs in with multi-factor authentication; automation moves to "
	moveUnknown      = "tokens that tell a workload (claim idtyp with the value app), if it is one already; if not, "
	moveUnknownADFS  = "tokens with the claim that the site's AD FS issues to workloads (openid.VerifierConfig.WorkloadClaim), if it is one already; if not, "
)

// moveTo is what a principal with these reasons has to do.
func moveTo(reasons []Reason, adfs bool) string {
	move, unknown := moveWorkload, moveUnknown
	if adfs {
		move, unknown = moveWorkloadADFS, moveUnknownADFS
	}
	if !slices.Contains(reasons, MachinePace) {
		move = movePerson + move
	}
	if slices.Contains(reasons, UnknownKind) {
		move = unknown + move
	}
	return move
}
