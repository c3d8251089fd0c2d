package middleware

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"hubgate.example/middleware/mfaaudit"
	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// MFAMode is what the gate does about a write without multi-factor authentication.
type MFAMode string

// The modes. The zero value is MFAOff.
const (
	MFAOff     MFAMode = "off"     // nothing
	MFAAudit   MFAMode = "audit"   // lets it through and lists it
	MFAEnforce MFAMode = "enforce" // refuses it
)

// MFAConfig says which operations need multi-factor authentication, as Azure asks for it: writes by users. PUT, PATCH and DELETE need it,
// GET and HEAD do not. Users and guests need it, and so do principals whose kind the token does not tell; service principals and managed
// identities do not, whatever their credential.
//
// A token satisfies it by mfa in amr or by AuthenticationContext in acrs. The tokens of an AD FS show neither, so with an AD FS
// openid.VerifierConfig.MFAClaim must say what does, in mode audit too, which would list everybody otherwise. Nor do they show a service
// principal: openid.VerifierConfig.WorkloadClaim says which claim the site's AD FS issues to its workloads, and those without it, whose
// kind is unknown, are asked for what they cannot do, unless one of Exceptions covers them.
//
// Mode enforce answers 401 with a challenge for the claims that are missing, with which clients that declare the capability cp1 get
// another token and try again; to other clients, and with an AD FS, which cannot step up, 403 RequestDisallowedByAzure and what to do.
//
// Only Authorize and List ask. Operations that need more are mounted with AuthorizeInAuthContext, and an API behind Authenticate alone,
// whose operations the gate does not know, uses RequireAuthContext.
type MFAConfig struct {
	// Mode is off, audit or enforce. The default is off.
	Mode MFAMode
	// IncludePOST asks for it on POST too. Some such operations change things, others read what is too long for a URL.
	IncludePOST bool
	// AuthenticationContext is what a challenge asks for and acrs must have. The default is p1, which stands for multi-factor
	// authentication in Resource Manager; an authentication context of a tenant's own is one of c1 to c99.
	AuthenticationContext string
	// Exceptions need it not, for a while.
	Exceptions []MFAException
	// Audit is where mode audit lists what mode enforce would refuse. It is required in that mode and not used in the others.
	Audit *mfaaudit.Audit
}

const defaultAuthenticationContext = "p1"

// An mfaPolicy is a checked MFAConfig. Audit and enforcement differ in what they do with its verdict and in nothing else.
type mfaPolicy struct {
	mode       MFAMode
	posts      bool
	context    string
	exceptions mfaExceptions
	audit      *mfaaudit.Audit
}

// newMFAPolicy checks the configuration; an error names the field.
func newMFAPolicy(config MFAConfig, verifier *openid.Verifier) (mfaPolicy, error) {
	p := mfaPolicy{
		mode:    cmp.Or(config.Mode, MFAOff),
		posts:   config.IncludePOST,
		context: cmp.Or(config.AuthenticationContext, defaultAuthenticationContext),
		audit:   config.Audit,
	}
	switch {
	case p.mode != MFAOff && p.mode != MFAAudit && p.mode != MFAEnforce:
		return mfaPolicy{}, fmt.Errorf("middleware: Config.MFA.Mode: %q is none of %s, %s and %s", p.mode, MFAOff, MFAAudit, MFAEnforce)
	case p.mode != MFAOff && !verifier.ShowsMFA():
		return mfaPolicy{}, fmt.Errorf("middleware: Config.MFA.Mode: %s needs openid.VerifierConfig.MFAClaim, because the tokens of an AD FS show multi-factor "+
			"authentication only by a claim that the site's rules issue", p.mode)
	case p.mode == MFAAudit && p.audit == nil:
		return mfaPolicy{}, fmt.Errorf("middleware: Config.MFA.Audit: is required in mode %s", p.mode)
	case !isAuthenticationContext(p.context):
		return mfaPolicy{}, fmt.Errorf("middleware: Config.MFA.AuthenticationContext: %q is not an id such as p1 or c1", p.context)
	}
	var err error
	p.exceptions, err = newMFAExceptions(config.Exceptions, verifier)
	return p, err
}

// An mfaVerdict is what a policy says of a request. It is also what the log says of it.
type mfaVerdict string

const (
	mfaNotAsked  mfaVerdict = "" // the policy is off, or the request no write
	mfaExempt    mfaVerdict = "exempt"
	mfaSatisfied mfaVerdict = "satisfied"
	mfaMissing   mfaVerdict = "missing"
)

// evaluate is the one place that decides whether multi-factor authentication is missing.
func (p *mfaPolicy) evaluate(method string, principal *openid.Principal) mfaVerdict {
	switch {
	case p.mode == MFAOff, !p.asks(method):
		return mfaNotAsked
	case principal.Kind.Workload():
		return mfaExempt
	case slices.Contains(principal.AuthenticationMethods, "mfa"), slices.Contains(principal.AuthenticationContexts, p.context):
		return mfaSatisfied
	case p.exceptions.cover(principal, time.Now()):
		return mfaExempt
	}
	return mfaMissing
}

// asks reports whether an operation by method may change something.
func (p *mfaPolicy) asks(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead:
		return false
	case http.MethodPost:
		return p.posts
	}
	return true
}

// checkMFA refuses an operation, which is allowed, for want of multi-factor authentication, or lists it. An authentication context that
// the route demands takes its place.
func (g *Gate) checkMFA(method string, principal *openid.Principal, op rbac.Operation, granted *rbac.RoleAssignment, demanded string) (mfaVerdict, *refusal) {
	if demanded != "" {
		if refused := g.checkAuthContext(principal, demanded); refused != nil {
			return mfaNotAsked, refused
		}
	}
	verdict := g.mfa.evaluate(method, principal)
	switch {
	case verdict != mfaMissing:
		return verdict, nil
	case demanded != "":
		return mfaSatisfied, nil
	case g.mfa.mode == MFAEnforce:
		return verdict, g.withoutMFA(principal, op)
	}
	g.mfa.audit.Add(mfaaudit.Call{Principal: principal, Operation: op, Assignment: granted, ADFS: g.authorities[0].adfs})
	return verdict, nil
}

// withoutMFA refuses in the words in which Azure refuses writes of users without multi-factor authentication, which scripts match on, and
// tells what to do.
func (g *Gate) withoutMFA(principal *openid.Principal, op rbac.Operation) *refusal {
	f := &refusal{
		code: "RequestDisallowedByAzure",
		message: fmt.Sprintf("Resource '%s' was disallowed by Azure: You are receiving this error because you tried to create, update or delete "+
			"Azure resources without authenticating through MFA. User accounts must be authenticated through MFA to manage your resources.",
			quote(cmp.Or(op.Scope.Name(), "/"), maxClaimText)),
		reason: "no multi-factor authentication",
		mfa:    mfaMissing,
	}
	if principal.Kind == openid.KindUnknown {
		f.message += " The access token shows neither a person nor a workload, so it is taken for a person's."
	}
	f.message += " Sign in again with multi-factor authentication."
	g.askForClaims(f, principal, fmt.Sprintf(`{"access_token":{"acrs":{"essential":true,"values":["%s"]}}}`, g.mfa.context))
	switch {
	case f.status == http.StatusUnauthorized:
	case g.authorities[0].adfs && principal.Kind == openid.KindUnknown:
		f.message += " A service principal does not need it once its token shows that it is one, by the claim that the site's AD FS issues to workloads " +
			"(openid.VerifierConfig.WorkloadClaim), or while an exception covers it (middleware.MFAException)."
	case g.authorities[0].adfs:
		f.message += " Automation signs in as a service principal instead, which does not need it."
	default:
		f.message += " Automation signs in as a service principal, with a managed identity or with a federated identity instead, which do not need it."
	}
	return f
}

// isAuthenticationContext reports whether s is fit to be the id of an authentication context, and to be part of a challenge: 1 to 16
// letters and digits.
func isAuthenticationContext(s string) bool {
	if s == "" || len(s) > 16 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		default:
			return false
		}
	}
	return true
}
