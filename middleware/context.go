package middleware

import (
	"context"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// callerKey is the context key of a *caller.
type callerKey struct{}

// A caller is what the gate knows of the request's sender. Principal and set travel together, so that a set can never be
// read beside another principal than its own.
type caller struct {
	principal *openid.Principal
	set       *rbac.ResourceSet
}

// PrincipalFrom returns the verified principal of a request that passed Authenticate.
func PrincipalFrom(ctx context.Context) (*openid.Principal, bool) {
	c, ok := ctx.Value(callerKey{}).(*caller)
	if !ok {
		return nil, false
	}
	return c.principal, c.principal != nil
}

// ResourceSetFrom returns the allowed-resource set of a request that passed Authorize or List.
func ResourceSetFrom(ctx context.Context) (*rbac.ResourceSet, bool) {
	c, ok := ctx.Value(callerKey{}).(*caller)
	if !ok {
		return nil, false
	}
	return c.set, c.set != nil
}

// WithPrincipal returns a context as the gate makes it, for handler tests without tokens. PrincipalFrom answers principal
// and ResourceSetFrom answers set; either may be nil, which stands for "not there".
//
// Authorize and List take the principal from such a context as if Authenticate had put it there. They do not take set: they
// ask the gate's Authorizer on every request, and what it answers replaces set.
func WithPrincipal(ctx context.Context, principal *openid.Principal, set *rbac.ResourceSet) context.Context {
	return &callerContext{Context: ctx, caller: caller{principal: principal, set: set}}
}

// A callerContext is what context.WithValue would make, in one allocation in place of two: every request has one.
type callerContext struct {
	context.Context
	caller caller
}

func (c *callerContext) Value(key any) any {
	if key == (callerKey{}) {
		return &c.caller
	}
	return c.Context.Value(key)
}
