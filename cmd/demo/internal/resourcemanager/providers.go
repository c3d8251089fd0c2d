package resourcemanager

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"hubgate.example/rbac"
)

// A provider is a resource provider: a namespace, and the types of resources in it.
type provider struct {
	namespace    string
	registration registration
	// own marks what Resource Manager serves itself, at paths of its own: there are no resources of these types.
	own   bool
	types []resourceType
}

type resourceType struct {
	name string // with those of the types around it, as in virtualMachines/extensions
	// versions are the api-versions that clients are told of, the newest first. Others are served too.
	versions []string
	actions  []string // what a POST can name
	readOnly bool
}

// registration says in which subscriptions a provider can be used from the start on.
type registration int

const (
	absent   registration = iota // in those that register it
	present                      // in all, until one unregisters it
	needless                     // in all, always
)

// providers are the resource providers, and in which subscriptions they are registered.
type providers struct {
	all []provider // ordered by namespace

	mu sync.Mutex
	// changed says whether a provider is registered in a subscription, where that is not as it was at the start.
	changed map[registrationKey]bool
}

// A registrationKey has the key of a subscription's scope and a namespace as the table writes it.
type registrationKey struct{ subscription, namespace string }

func newProviders(administrators bool) providers {
	all := slices.Clone(offeredProviders)
	if administrators {
		all = append(all, administratorsProvider)
	}
	slices.SortFunc(all, func(a, b provider) int { return cmp.Compare(a.namespace, b.namespace) })
	return providers{all: all, changed: make(map[registrationKey]bool)}
}

func (p *providers) find(namespace string) (provider, error) {
	for _, provider := range p.all {
		if strings.EqualFold(provider.namespace, namespace) {
			return provider, nil
		}
	}
	return provider{}, failf(http.StatusNotFound, "InvalidResourceNamespace", "The resource namespace '%s' is invalid.", namespace)
}

// state is a provider's registration in a subscription, in Resource Manager's words.
func (p *providers) state(subscription rbac.Scope, provider provider) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	registered, changed := p.changed[registrationKey{subscription.Key(), provider.namespace}]
	switch {
	case registered, provider.registration == needless, !changed && provider.registration == present:
		return "Registered"
	case changed:
		return "Unregistered"
	}
	return "NotRegistered"
}

func (p *providers) register(subscription rbac.Scope, provider provider, registered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changed[registrationKey{subscription.Key(), provider.namespace}] = registered
}

// offered refuses an operation on resources of a type that there is not, and one that writes where the provider is not
// registered.
func (s *Server) offered(r *http.Request, op rbac.Operation) error {
	namespace, name, _ := strings.Cut(typeOf(op), "/")
	provider, err := s.providers.find(namespace)
	if err != nil {
		return err
	}
	known := slices.ContainsFunc(provider.types, func(t resourceType) bool { return strings.EqualFold(t.name, name) })
	if provider.own || !known {
		return failf(http.StatusNotFound, "InvalidResourceType",
			"The resource type '%s' could not be found in the namespace '%s' for api version '%s'. The supported api-versions are '%s'.",
			name, namespace, r.URL.Query().Get("api-version"), strings.Join(provider.versions(), ","))
	}
	writes := r.Method == http.MethodPut || r.Method == http.MethodPatch || r.Method == http.MethodPost
	subscription, _ := s.config.Inventory.subscriptionNamed(op.Scope.Subscription())
	if writes && s.providers.state(subscription.scope, provider) != "Registered" {
		return notRegistered(provider.namespace)
	}
	return nil
}

// typeOf returns the type of the resources that an operation is about.
func typeOf(op rbac.Operation) string {
	if op.Collection {
		return strings.TrimSuffix(op.Action, "/read")
	}
	return op.Scope.ResourceType()
}

// notRegistered is what az and the Azure SDKs read, the one the message and the other the details, to register the provider and
// try again.
func notRegistered(namespace string) error {
	const code = "MissingSubscriptionRegistration"
	message := "The subscription is not registered to use namespace '" + namespace + "'. See https://aka.ms/rps-not-found for how to " +
		"register subscriptions."
	return &failure{status: http.StatusConflict, Code: code, Message: message, Details: []failureDetail{{code, namespace, message}}}
}

// located refuses a new resource in another region than the one that there is.
func (s *Server) located(r *http.Request, scope rbac.Scope, location string) error {
	namespace, name, _ := strings.Cut(scope.ResourceType(), "/")
	location = normalLocation(location)
	switch {
	case location == "" || location == normalLocation(s.config.Region):
		return nil
	case isResourceGroup(scope):
		return failf(http.StatusBadRequest, "LocationNotAvailableForResourceGroup",
			"The provided location '%.100s' is not available for resource group. List of available regions is '%s'.", location, s.config.Region)
	}
	provider, err := s.providers.find(namespace)
	if err != nil {
		return err
	}
	return failf(http.StatusBadRequest, "NoRegisteredProviderFound", "No registered resource provider found for location '%s' and API version "+
		"'%s' for type '%s'. The supported api-versions are '%s'. The supported locations are '%s'.",
		location, r.URL.Query().Get("api-version"), name, strings.Join(provider.versionsOf(name), ", "), s.config.Region)
}

// versions are the api-versions of all types, the newest first.
func (p provider) versions() []string {
	var all []string
	for _, t := range p.types {
		all = append(all, t.versions...)
	}
	slices.Sort(all)
	slices.Reverse(all)
	return slices.Compact(all)
}

func (p provider) versionsOf(name string) []string {
	for _, t := range p.types {
		if strings.EqualFold(t.name, name) {
			return t.versions
		}
	}
	return nil
}

// providerAnswer is a provider as clients read it: az looks an api-version up in it. Without a subscription, there is no
// registration.
type providerAnswer struct {
	ID                 string               `json:"id"`
	Namespace          string               `json:"namespace"`
	RegistrationState  string               `json:"registrationState,omitempty"`
	RegistrationPolicy string               `json:"registrationPolicy,omitempty"`
	ResourceTypes      []resourceTypeAnswer `json:"resourceTypes"`
}

type resourceTypeAnswer struct {
	ResourceType string   `json:"resourceType"`
	Locations    []string `json:"locations"`
	APIVersions  []string `json:"apiVersions"`
	Capabilities string   `json:"capabilities"`
}

func (s *Server) providerAnswer(at rbac.Scope, p provider) providerAnswer {
	answer := providerAnswer{ID: strings.TrimSuffix(at.String(), "/") + "/providers/" + p.namespace, Namespace: p.namespace}
	if !at.Equal(rbac.Root) {
		answer.RegistrationState = s.providers.state(at, p)
		answer.RegistrationPolicy = "RegistrationRequired"
		if p.registration == needless {
			answer.RegistrationPolicy = "RegistrationFree"
		}
	}
	for _, t := range p.types {
		described := resourceTypeAnswer{ResourceType: t.name, Locations: []string{}, APIVersions: t.versions, Capabilities: "None"}
		if !p.own {
			described.Locations, described.Capabilities = []string{s.config.Region}, "SupportsTags, SupportsLocation"
		}
		answer.ResourceTypes = append(answer.ResourceTypes, described)
	}
	return answer
}

// listProviders and getProvider answer for a subscription, or for all.
func (s *Server) listProviders(w http.ResponseWriter, r *http.Request) error {
	at, err := s.registrationScope(r)
	if err != nil {
		return err
	}
	var answers []providerAnswer
	for _, provider := range s.providers.all {
		answers = append(answers, s.providerAnswer(at, provider))
	}
	return writeList(w, answers)
}

func (s *Server) getProvider(w http.ResponseWriter, r *http.Request) error {
	at, err := s.registrationScope(r)
	if err != nil {
		return err
	}
	provider, err := s.providers.find(lastSegment(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.providerAnswer(at, provider))
}

// registrationAction is the action of a POST that registers or unregisters a provider.
var registrationAction = regexp.MustCompile(`^(?i)([^/]+)/(register|unregister)/action$`)

// changeRegistration registers or unregisters a provider, which both take no time.
func (s *Server) changeRegistration(w http.ResponseWriter, r *http.Request, op rbac.Operation) error {
	action := registrationAction.FindStringSubmatch(op.Action)
	provider, err := s.providers.find(action[1])
	if err != nil {
		return err
	}
	subscription, err := s.subscriptionOf(r)
	if err != nil {
		return err
	}
	register := strings.EqualFold(action[2], "register")
	if !register {
		if err := s.unused(subscription.scope, provider); err != nil {
			return err
		}
	}
	s.providers.register(subscription.scope, provider, register)
	return writeJSON(w, http.StatusOK, s.providerAnswer(subscription.scope, provider))
}

// unused refuses to unregister what cannot be missed.
func (s *Server) unused(subscription rbac.Scope, p provider) error {
	if p.registration == needless {
		return failf(http.StatusConflict, "Conflict", "The resource provider '%s' needs no registration and cannot be unregistered.", p.namespace)
	}
	used := s.config.Inventory.within(subscription, func(resource Resource) bool {
		namespace, _, _ := strings.Cut(resource.Type, "/")
		return strings.EqualFold(namespace, p.namespace)
	})
	if len(used) > 0 {
		return failf(http.StatusConflict, "Conflict",
			"The resource provider '%s' cannot be unregistered while the subscription has resources of it.", p.namespace)
	}
	return nil
}

// registrationScope returns the subscription of a request as it was first written, or the root.
func (s *Server) registrationScope(r *http.Request) (rbac.Scope, error) {
	op, err := rbac.OperationFor(r)
	if err != nil || op.Scope.Subscription() == "" {
		return rbac.Root, err
	}
	subscription, err := s.subscriptionOf(r)
	return subscription.scope, err
}

// lastSegment returns the last segment of the path as it was written; routes are in lower case.
func lastSegment(r *http.Request) string {
	return r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
}
