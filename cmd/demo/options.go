package main

import (
	"flag"
	"net"
	"regexp"
	"slices"
	"strings"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/resourcemanager"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// serveOptions are the flags of demo serve.
type serveOptions struct {
	listen     string
	listenHTTP string // empty: no plain HTTP
	// listenAdmin is empty for no administrator's side.
	listenAdmin string
	provider    string
	pageSize    int
	data        string
	logFormat   string
	logLevel    string

	authorities     []string
	audiences       []string
	tenants         []string
	caFile          string
	resourceManager string

	mfa        string
	mfaPOST    bool
	mfaContext string   // empty: middleware's default
	mfaExempt  []string // see parseExemption
	mfaAudit   string   // empty: mfaAuditFile in the data directory
	mfaClaim   openid.ClaimValue
	// workloadClaim is empty for openid's default.
	workloadClaim openid.ClaimValue
	// deleteGroupContext is empty for none.
	deleteGroupContext string

	subscriptions []resourcemanager.Subscription // without a Tenant: in the home tenant
	imports       []string
}

// The demo's own identity providers, as --provider names them.
const (
	adfs  = "adfs"
	entra = "entra"
)

// installationOf returns the samples for one of the demo's own identity providers.
func installationOf(provider string) sample.Installation {
	if provider == entra {
		return sample.Entra()
	}
	return sample.ADFS()
}

// logLevels are what --log-level takes: package slog's levels.
var logLevels = []string{"debug", "info", "warn", "error"}

// dataFlag defines --data, which all commands have.
func dataFlag(flags *flag.FlagSet, data *string) {
	directory, _ := datadir.Default() // without a default the flag is required, which openData says
	flags.StringVar(data, "data", directory, "keep the CA, keys and credentials in `DIR`")
}

func defineServeFlags(flags *flag.FlagSet) *serveOptions {
	o := &serveOptions{}
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8443", "serve HTTPS on `ADDR`; URLs name it localhost. Its sign-in pages ask for no password, so whoever reaches it can be any sample user")
	flags.StringVar(&o.listenHTTP, "listen-http", "127.0.0.1:8080", "serve plain HTTP on `ADDR`, a loopback address, for curl and a browser; \"\" switches it off")
	flags.StringVar(&o.listenAdmin, "listen-admin", "127.0.0.1:8444", "serve the administrator's Resource Manager by HTTPS on `ADDR`; \"\" switches it off, and with --authority or --resource-manager there is none")
	flags.StringVar(&o.provider, "provider", adfs, "sign in with the demo's own `NAME` adfs, an AD FS, or entra, an Entra ID with several directory tenants")
	flags.IntVar(&o.pageSize, "page-size", 1000, "answer lists in pages of `N`")
	dataFlag(flags, &o.data)
	flags.StringVar(&o.logFormat, "log-format", "text", "write logs, which go to standard error, as `FORMAT` text or json")
	flags.StringVar(&o.logLevel, "log-level", "info", "write what is at least as grave as `LEVEL` debug, info, warn or error")

	repeated := func(list *[]string, name, usage string) {
		flags.Func(name, usage+"; may be repeated", func(value string) error {
			*list = append(*list, value)
			return nil
		})
	}
	repeated(&o.authorities, "authority", "trust the identity provider at `URL` in place of the demo's own: an AD FS (.../adfs) or an Entra ID tenant")
	repeated(&o.audiences, "audience", "accept tokens for the App ID `URI`; required with --authority")
	repeated(&o.tenants, "tenant", "accept tokens of the directory tenant `ID`; required where an authority serves many")
	flags.StringVar(&o.caFile, "ca-file", "", "trust the certificate authorities in the `PEM` file, beside the system's, for --authority and --resource-manager")
	flags.StringVar(&o.resourceManager, "resource-manager", "", "ask the Resource Manager at `URL` for its identity provider and audiences, and trust them; with Entra ID, --tenant says which tenant")
	flags.StringVar(&o.mfa, "mfa", string(middleware.MFAOff), "ask users for multi-factor authentication when they change something on either side: `MODE` off, audit, which lists who does without, or enforce, which refuses it")
	flags.BoolVar(&o.mfaPOST, "mfa-post", false, "with --mfa, count POST as a change")
	flags.StringVar(&o.mfaContext, "mfa-context", "", "with --mfa and Entra ID, take the authentication context `ID` for multi-factor authentication, and ask clients for it: one of c1 to c99, or p1, which is the default")
	repeated(&o.mfaExempt, "mfa-exempt", "with --mfa, ask nothing of `WHO=ID,until=TIME`: WHO is principal, group or application, and ID an object id, a client application's id or the name of a sample principal; TIME is like 2027-01-31, where that day begins in UTC, or 2027-01-31T18:00:00Z; tenant=ID beside it, after a comma, names the directory tenant, without it the first one or the sample principal's own")
	flags.StringVar(&o.mfaAudit, "mfa-audit", "", "keep the list of --mfa audit in `FILE`; without it in the data directory")
	claim := func(claim *openid.ClaimValue, name, usage string) {
		flags.Func(name, usage, func(value string) error {
			claim.Name, claim.Value, _ = strings.Cut(value, "=")
			return nil
		})
	}
	claim(&o.mfaClaim, "mfa-claim", "take the claim `NAME=VALUE` in the tokens of an AD FS for multi-factor authentication; required with --mfa and someone else's AD FS")
	claim(&o.workloadClaim, "workload-claim", "tell service principals by the claim `NAME=VALUE` in the tokens of someone else's AD FS, which --mfa then asks nothing of; without it idtyp=app")
	flags.StringVar(&o.deleteGroupContext, "delete-group-context", "", "with Entra ID, ask users for the authentication context `ID`, one of c1 to c99, when they delete a resource group; workloads cannot satisfy it")
	flags.Func("subscription", "have the empty subscription `ID[:TENANT]`, in the first tenant when none is named; the owner among that tenant's sample principals, where there is one, is its Owner; may be repeated", func(value string) error {
		id, tenant, _ := strings.Cut(value, ":")
		o.subscriptions = append(o.subscriptions, resourcemanager.Subscription{ID: id, Tenant: tenant, DisplayName: id})
		return nil
	})
	repeated(&o.imports, "import", "have the role definitions and assignments in `FILE`, of which demo help says more")
	return o
}

// external reports that someone else's identity provider is trusted.
func (o *serveOptions) external() bool { return len(o.authorities) > 0 || o.resourceManager != "" }

// installation is the samples that are shown. With someone else's identity provider only their subscriptions are.
func (o *serveOptions) installation() sample.Installation { return installationOf(o.provider) }

// admin reports that there is an administrator's side. It needs an audience of its own, which no Resource Manager of the user's
// side tells, so there is none with someone else's identity provider.
func (o *serveOptions) admin() bool { return o.listenAdmin != "" && !o.external() }

// mfaModes are what --mfa takes.
var mfaModes = []middleware.MFAMode{middleware.MFAOff, middleware.MFAAudit, middleware.MFAEnforce}

// contextForm is that of the authentication contexts that a tenant defines.
var contextForm = regexp.MustCompile(`^c[1-9][0-9]?$`)

// asksMFA reports that changes need multi-factor authentication, or are listed without.
func (o *serveOptions) asksMFA() bool { return middleware.MFAMode(o.mfa) != middleware.MFAOff }

// audits reports that who would break is listed.
func (o *serveOptions) audits() bool { return middleware.MFAMode(o.mfa) == middleware.MFAAudit }

// check finds what is wrong with the command line alone.
func (o *serveOptions) check() error {
	switch {
	case o.logFormat != "text" && o.logFormat != "json":
		return usagef("--log-format: %q is neither text nor json", o.logFormat)
	case !slices.Contains(logLevels, o.logLevel):
		return usagef("--log-level: %q is none of %s", o.logLevel, strings.Join(logLevels, ", "))
	case o.provider != adfs && o.provider != entra:
		return usagef("--provider: %q is neither adfs nor entra", o.provider)
	case !slices.Contains(mfaModes, middleware.MFAMode(o.mfa)):
		return usagef("--mfa: %q is none of off, audit, enforce", o.mfa)
	case o.mfaPOST && !o.asksMFA():
		return usagef("--mfa-post: is for --mfa audit and --mfa enforce")
	case o.mfaContext != "" && !o.asksMFA():
		return usagef("--mfa-context: is for --mfa audit and --mfa enforce")
	case o.mfaContext != "" && o.mfaContext != "p1" && !contextForm.MatchString(o.mfaContext):
		return usagef("--mfa-context: %q is neither p1, the default, nor one of c1 to c99", o.mfaContext)
	case len(o.mfaExempt) > 0 && !o.asksMFA():
		return usagef("--mfa-exempt: is for --mfa audit and --mfa enforce")
	case o.deleteGroupContext != "" && !contextForm.MatchString(o.deleteGroupContext):
		return usagef("--delete-group-context: %q is none of c1 to c99", o.deleteGroupContext)
	case o.mfaAudit != "" && !o.audits():
		return usagef("--mfa-audit: is for --mfa audit")
	case o.mfaClaim != openid.ClaimValue{} && !o.external():
		return usagef("--mfa-claim: is for --authority and --resource-manager")
	case o.workloadClaim != openid.ClaimValue{} && !o.external():
		return usagef("--workload-claim: is for --authority and --resource-manager")
	case o.pageSize < 1:
		return usagef("--page-size: %d is no number of items", o.pageSize)
	case o.external() && o.provider != adfs:
		return usagef("--provider: is the demo's own identity provider: give either it or --authority or --resource-manager")
	case len(o.authorities) > 0 && o.resourceManager != "":
		return usagef("--resource-manager: finds the authority by itself: give either it or --authority")
	case len(o.authorities) > 0 && len(o.audiences) == 0:
		return usagef("--audience: is required with --authority")
	case len(o.authorities) == 0 && len(o.audiences) > 0:
		return usagef("--audience: is for --authority")
	case !o.external() && len(o.tenants) > 0:
		return usagef("--tenant: is for --authority and --resource-manager")
	case !o.external() && o.caFile != "":
		return usagef("--ca-file: is for --authority and --resource-manager")
	}
	if err := checkListen("--listen", o.listen, true); err != nil {
		return err
	}
	if o.listenHTTP != "" {
		if err := checkListen("--listen-http", o.listenHTTP, false); err != nil {
			return err
		}
	}
	if o.listenAdmin != "" {
		if err := checkListen("--listen-admin", o.listenAdmin, true); err != nil {
			return err
		}
	}
	for _, text := range o.mfaExempt {
		if _, err := parseExemption(text); err != nil {
			return err
		}
	}
	for i, s := range o.subscriptions {
		if !rbac.IsGUID(s.ID) {
			return usagef("--subscription: %q is not a GUID", s.ID)
		}
		if hasSubscription(o.subscriptions[:i], s.ID) {
			return usagef("--subscription: %s is given twice", s.ID)
		}
	}
	return nil
}

func hasSubscription(subscriptions []resourcemanager.Subscription, id string) bool {
	return slices.ContainsFunc(subscriptions, func(s resourcemanager.Subscription) bool { return strings.EqualFold(s.ID, id) })
}

// checkListen takes addresses that localhost reaches, because that is the name in the URLs and in the certificate. Every
// interface (0.0.0.0, as in a container that publishes the port) is taken where the connection is encrypted: tokens do not
// travel in plain text beyond this machine (RFC 6750 section 5.3).
func checkListen(name, address string, anyInterface bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return usagef("%s: %q is not HOST:PORT", name, address)
	}
	switch host {
	case "localhost", "127.0.0.1", "::1":
		return nil
	case "", "0.0.0.0", "::":
		if anyInterface {
			return nil
		}
	}
	return usagef("%s: %q is not an address that localhost reaches, such as 127.0.0.1", name, host)
}
