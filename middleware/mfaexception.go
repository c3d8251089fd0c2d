package middleware

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// An MFAException lets somebody write without multi-factor authentication until a certain time: one principal, the members of a group, or
// whoever uses a client application. Exactly one of the three is set.
type MFAException struct {
	// Tenant is the directory tenant in which the ids count: a GUID with Entra ID; with an AD FS, what ProviderConfig.Tenant is.
	Tenant string
	// ObjectID and Group are GUIDs or SIDs.
	ObjectID string
	Group    string
	// Application is a client application's id (claim appid or azp): a GUID with Entra ID; with an AD FS any text without blanks at its
	// ends. Anybody can sign in by a public client, such as the az command line, so that such an exception covers everybody.
	Application string
	// Until is when the exception ends. It is required; one that is over covers nobody.
	Until time.Time
}

// mfaExceptions are checked, and their ids in the form in which openid.Principal has them.
type mfaExceptions []MFAException

// newMFAExceptions checks the configuration; an error names the field.
func newMFAExceptions(configured []MFAException, verifier *openid.Verifier) (mfaExceptions, error) {
	exceptions := slices.Clone(configured)
	for i := range exceptions {
		if field, err := exceptions[i].canonical(verifier); err != nil {
			return nil, fmt.Errorf("middleware: Config.MFA.Exceptions[%d]%s: %w", i, field, err)
		}
	}
	return exceptions, nil
}

// canonical brings the ids into the form in which they are compared, or says which field is wrong.
func (e *MFAException) canonical(verifier *openid.Verifier) (field string, err error) {
	if e.Tenant, err = canonicalTenant(e.Tenant, verifier); err != nil {
		return ".Tenant", err
	}
	set := 0
	for _, id := range []struct {
		field string
		id    *string
	}{{".ObjectID", &e.ObjectID}, {".Group", &e.Group}} {
		if *id.id == "" {
			continue
		}
		set++
		canonical, ok := openid.ParseObjectID(*id.id)
		if !ok {
			return id.field, fmt.Errorf("%q is neither a GUID nor a SID", *id.id)
		}
		*id.id = canonical
	}
	if e.Application != "" {
		set++
		adfs := verifier.Providers()[0].Type() == openid.ADFS // AD FS and Entra ID do not mix
		switch {
		case !adfs && !rbac.IsGUID(e.Application):
			return ".Application", fmt.Errorf("%q is not a GUID", e.Application)
		case strings.TrimSpace(e.Application) != e.Application:
			return ".Application", fmt.Errorf("%q has blanks at its ends", e.Application)
		}
	}
	switch {
	case set != 1:
		return "", errors.New("exactly one of ObjectID, Group and Application is required")
	case e.Until.IsZero():
		return ".Until", errors.New("is required")
	}
	return "", nil
}

func (exceptions mfaExceptions) cover(principal *openid.Principal, now time.Time) bool {
	return slices.ContainsFunc(exceptions, func(e MFAException) bool {
		if !now.Before(e.Until) || e.Tenant != principal.Tenant {
			return false
		}
		switch {
		case e.ObjectID != "":
			return e.ObjectID == principal.ObjectID
		case e.Group != "":
			return slices.Contains(principal.Groups, e.Group)
		}
		return strings.EqualFold(e.Application, principal.Application)
	})
}
