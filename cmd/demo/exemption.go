package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// An exemption is what --mfa-exempt says: who need not show multi-factor authentication, and until when.
type exemption struct {
	text string // as it was given
	// Exactly one of the three is set. A principal may be a sample's name.
	principal, group, application string
	tenant                        string // empty: the first, or a sample principal's own
	until                         time.Time
}

// parseExemption reads WHO=ID,until=TIME[,tenant=ID], in any order.
func parseExemption(text string) (exemption, error) {
	e := exemption{text: text}
	var until string
	fields := map[string]*string{
		"principal": &e.principal, "group": &e.group, "application": &e.application, "tenant": &e.tenant, "until": &until,
	}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		field := fields[name]
		switch {
		case field == nil:
			return e, e.wrong("%q is none of principal=, group=, application=, until= and tenant=", part)
		case value == "":
			return e, e.wrong("%s is empty", name)
		case *field != "":
			return e, e.wrong("%s is there twice", name)
		}
		*field = value
	}
	who := slices.DeleteFunc([]string{e.principal, e.group, e.application}, func(id string) bool { return id == "" })
	switch {
	case len(who) != 1:
		return e, e.wrong("exactly one of principal, group and application is required")
	case until == "":
		return e, e.wrong("until is required")
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, until); err == nil {
			e.until = t.UTC()
			return e, nil
		}
	}
	return e, e.wrong("until: %q is neither like 2027-01-31 nor like 2027-01-31T18:00:00Z", until)
}

// wrong says what is wrong with it.
func (e exemption) wrong(format string, args ...any) error {
	return usagef("--mfa-exempt %s: %s", e.text, fmt.Sprintf(format, args...))
}

// mfaExceptions are those of --mfa-exempt, for the gates of whoever accepts tokens of these tenants.
func (o *serveOptions) mfaExceptions(accepted tenants) ([]middleware.MFAException, error) {
	var exceptions []middleware.MFAException
	for _, text := range o.mfaExempt {
		e, err := parseExemption(text)
		if err != nil {
			return nil, err
		}
		var samples []sample.Tenant
		if !o.external() {
			samples = o.installation().Tenants
		}
		exception, err := e.exception(accepted, samples)
		if err != nil {
			return nil, err
		}
		exceptions = append(exceptions, exception)
	}
	return exceptions, nil
}

// exception is e as the gate takes it. samples are the demo's own tenants, and none with someone else's identity provider. They
// may be registered and removed while the demo runs, so that whether one is accepted does not count.
func (e exemption) exception(accepted tenants, samples []sample.Tenant) (middleware.MFAException, error) {
	exception := middleware.MFAException{
		Tenant: strings.ToLower(cmp.Or(e.tenant, accepted.home)), ObjectID: e.principal, Group: e.group, Application: e.application, Until: e.until,
	}
	known := accepted.all
	for _, tenant := range samples {
		known = append(slices.Clip(known), tenant.ID)
		if strings.EqualFold(e.tenant, tenant.Domain) {
			exception.Tenant = tenant.ID
		}
	}
	if !slices.Contains(known, exception.Tenant) {
		return exception, e.wrong("tenant: tokens of %q are not accepted, only those of %s", e.tenant, strings.Join(slices.Compact(slices.Sorted(slices.Values(known))), ", "))
	}
	for _, tenant := range samples {
		for _, p := range tenant.Principals() {
			own := e.tenant == "" && p.HomeTenant == ""
			if p.Name == e.principal && (own || p.Tenant == exception.Tenant && e.tenant != "") {
				exception.Tenant, exception.ObjectID = p.Tenant, p.ObjectID
				return exception, nil
			}
		}
	}
	isObject := func(id string) bool {
		_, ok := openid.ParseObjectID(id)
		return ok || id == ""
	}
	switch {
	case !isObject(e.principal) && len(samples) > 0:
		return exception, e.wrong("principal: %q is neither a GUID nor a SID, nor is it a sample principal of that tenant", e.principal)
	case !isObject(e.principal):
		return exception, e.wrong("principal: %q is neither a GUID nor a SID", e.principal)
	case !isObject(e.group):
		return exception, e.wrong("group: %q is neither a GUID nor a SID", e.group)
	case e.application != "" && !accepted.adfs && !rbac.IsGUID(e.application): // AD FS lets a client be called anything
		return exception, e.wrong("application: %q is not a GUID", e.application)
	case strings.TrimSpace(e.application) != e.application:
		return exception, e.wrong("application: %q has blanks at its ends", e.application)
	}
	return exception, nil
}
