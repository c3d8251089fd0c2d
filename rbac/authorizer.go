package rbac

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

// ErrUnavailable is wrapped by errors that say that no policy was ever loaded: answer 503.
var ErrUnavailable = errors.New("policy unavailable")

// A Source supplies the policy in force. Policy is called on every request and must be quick; it answers the last policy
// that was loaded, and an error only when there never was one.
type Source interface {
	Policy(ctx context.Context) (*Policy, error)
}

// AuthorizerConfig configures an Authorizer. Source is required.
type AuthorizerConfig struct {
	Source Source
	// TenantOf says which directory tenant owns a subscription (the id as written in the path), from memory: it is called
	// on every check. Assignments below a subscription count for its tenant only, and an unknown subscription grants
	// nothing. Without TenantOf all subscriptions are taken to be the caller's tenant's: right only where tokens of a
	// single tenant are accepted.
	TenantOf func(subscription string) (tenant string, known bool)
	// HomeTenant is the tenant for which assignments at "/" and at management groups count. Required with TenantOf, and
	// without meaning otherwise.
	HomeTenant string
}

// A Subject is whom a decision is about. Tenants and ids compare without regard to case. An id that is no principal's, in
// Groups or elsewhere, matches nothing.
type Subject struct {
	Tenant   string
	ObjectID string
	// Groups are all groups, those that contain groups included.
	Groups []string
}

// An Authorizer answers what a subject may do under the policy in force. It is safe for concurrent use.
type Authorizer struct {
	config AuthorizerConfig
	cache  atomic.Pointer[setCache]
}

// NewAuthorizer checks the configuration; an error names the field.
func NewAuthorizer(config AuthorizerConfig) (*Authorizer, error) {
	switch {
	case config.Source == nil:
		return nil, errors.New("rbac: AuthorizerConfig.Source: is required")
	case config.TenantOf != nil && config.HomeTenant == "":
		return nil, errors.New("rbac: AuthorizerConfig.HomeTenant: is required with TenantOf")
	case config.TenantOf == nil && config.HomeTenant != "":
		return nil, errors.New("rbac: AuthorizerConfig.HomeTenant: has no meaning without TenantOf")
	}
	return &Authorizer{config: config}, nil
}

// ResourceSet returns the allowed-resource set of subject under the policy in force. An error wraps [ErrUnavailable], unless
// the subject has no object id.
//
// Sets are cached per subject for as long as the policy does not change, so that a second request of the same caller costs a
// look-up and a comparison of its groups.
func (a *Authorizer) ResourceSet(ctx context.Context, subject Subject) (*ResourceSet, error) {
	if subject.ObjectID == "" {
		return nil, errors.New("rbac: subject without an object id")
	}
	policy, err := a.config.Source.Policy(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("rbac: %w: %w", ErrUnavailable, err)
	case policy == nil:
		return nil, fmt.Errorf("rbac: %w: the source has none", ErrUnavailable)
	}

	cache := a.cache.Load()
	if cache == nil || cache.policy != policy || cache.size.Load() >= maxCachedSets {
		cache = &setCache{policy: policy}
		a.cache.Store(cache)
	}
	if set, ok := cache.get(subject); ok {
		return set, nil
	}
	subject.Groups = slices.Clone(subject.Groups)
	set := newResourceSet(policy, &a.config, subject)
	cache.put(set)
	return set, nil
}

// KnowsTenants reports whether the authorizer tells tenants apart. One that does not must not decide about tokens of more
// than one tenant.
func (a *Authorizer) KnowsTenants() bool { return a.config.TenantOf != nil }

// TenantOf returns the tenant that owns a subscription, and whether the subscription is known. Without
// AuthorizerConfig.TenantOf every subscription is known and its tenant is "".
func (a *Authorizer) TenantOf(subscription string) (tenant string, known bool) {
	if a.config.TenantOf == nil {
		return "", true
	}
	return a.config.TenantOf(subscription)
}

// maxCachedSets bounds the cache. A full one is dropped as a whole: building a set again takes microseconds.
const maxCachedSets = 4096

// A setCache holds resource sets of one policy, one for each object id of each tenant. A request takes a set only from a
// cache of the policy that it has itself just been given, so no cache can bring an older policy back.
type setCache struct {
	policy *Policy
	sets   sync.Map // identity -> *ResourceSet
	size   atomic.Int64
}

type identity struct{ tenant, objectID string }

// get returns the set of subject. Another token of the same principal may carry other groups, and is another subject.
func (c *setCache) get(subject Subject) (*ResourceSet, bool) {
	cached, ok := c.sets.Load(identity{subject.Tenant, subject.ObjectID})
	if !ok {
		return nil, false
	}
	set := cached.(*ResourceSet)
	return set, equalIDs(set.subject.Groups, subject.Groups)
}

// equalIDs is slices.Equal, quicker for ids that are the very same strings: those of a principal whose token is remembered are, up to 200
// of them with each request.
func equalIDs(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i, id := range a {
		if len(id) == len(b[i]) && unsafe.StringData(id) == unsafe.StringData(b[i]) {
			continue
		}
		if id != b[i] {
			return false
		}
	}
	return true
}

func (c *setCache) put(set *ResourceSet) {
	if _, replaced := c.sets.Swap(identity{set.subject.Tenant, set.subject.ObjectID}, set); !replaced {
		c.size.Add(1)
	}
}
