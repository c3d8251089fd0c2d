package middleware_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

// headerAttributes answers @Request[Contoso:{name}] with the values of a header, and @Principal[Contoso:tenant].
type headerAttributes struct {
	header http.Header
	tenant string
}

func (a headerAttributes) Attribute(source rbac.AttributeSource, name string) []string {
	switch name, ok := strings.CutPrefix(strings.ToLower(name), "contoso:"); {
	case ok && source == rbac.RequestAttribute:
		return a.header.Values(name)
	case ok && source == rbac.PrincipalAttribute && name == "tenant":
		return []string{a.tenant}
	}
	return nil
}

func conditionalPolicy(t *testing.T) *rbac.Policy {
	t.Helper()
	p, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{{
		Scope: webGroup, RoleDefinitionID: ownerRole, PrincipalID: alice,
		Condition: "@Request[Contoso:Colour] StringEquals 'red' AND @Principal[Contoso:Tenant] GuidEquals '" + tenant + "'",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAttributes(t *testing.T) {
	var asked []rbac.Operation
	attributes := func(r *http.Request, principal *openid.Principal, op rbac.Operation) rbac.Attributes {
		asked = append(asked, op)
		return headerAttributes{r.Header, principal.Tenant}
	}
	tests := []struct {
		name       string
		attributes func(*http.Request, *openid.Principal, rbac.Operation) rbac.Attributes
		colour     string
		status     int
	}{
		{"the condition holds", attributes, "red", 200},
		{"the condition does not hold", attributes, "blue", 403},
		{"an attribute is missing", attributes, "", 403},
		{"no attributes", func(*http.Request, *openid.Principal, rbac.Operation) rbac.Attributes { return nil }, "red", 403},
		{"not configured", nil, "red", 403},
		{"panic", func(*http.Request, *openid.Principal, rbac.Operation) rbac.Attributes { panic("no") }, "red", 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, func(config *middleware.Config) {
				config.Authorizer = authorizer(t, conditionalPolicy(t))
				config.Attributes = tt.attributes
			})
			asked = nil
			for _, handler := range []http.Handler{s.gate.Handler(s), s.gate.Authenticate(s.gate.List(s))} {
				r := request("PUT", webVM, s.issuer.Token(openidtest.User(alice)))
				if tt.colour != "" {
					r.Header.Set("Colour", tt.colour)
				}
				answer := s.do(handler, r)
				if answer.status != tt.status || answer.served != (tt.status == 200) {
					t.Errorf("%d %s, served %v", answer.status, answer.body, answer.served)
				}
			}
			for _, op := range asked {
				if op.Action != "Microsoft.Compute/virtualMachines/write" || op.Scope.String() != webVM {
					t.Errorf("asked about %+v", op)
				}
			}
		})
	}
}

// A list passes unchecked, so nobody is asked about it: its handler knows the items.
func TestNoAttributesOfAList(t *testing.T) {
	s := newSite(t, func(config *middleware.Config) {
		config.Attributes = func(*http.Request, *openid.Principal, rbac.Operation) rbac.Attributes {
			t.Error("asked")
			return nil
		}
	})
	s.do(s.gate.Authenticate(s.gate.List(s)), request("GET", webGroup+"/resources", s.issuer.Token(openidtest.User(alice)))).wantServed(t)
}

// What conditions ask about may stand in the content: that is there for the handler all the same.
func TestAttributesOfTheContent(t *testing.T) {
	s := newSite(t, func(config *middleware.Config) {
		config.Authorizer = authorizer(t, conditionalPolicy(t))
		config.Attributes = func(r *http.Request, principal *openid.Principal, _ rbac.Operation) rbac.Attributes {
			content, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			r.Body = io.NopCloser(strings.NewReader(string(content)))
			return headerAttributes{http.Header{"Colour": {string(content)}}, principal.Tenant}
		}
	})
	var read string
	handler := s.gate.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		read = string(content)
		s.ServeHTTP(w, r)
	}))
	for _, path := range []string{webVM, webVM + "/", strings.Replace(webVM, "vm1", "%76m1", 1)} { // with and without a change of the path
		read = ""
		r := httptest.NewRequest("PUT", path, strings.NewReader("red"))
		r.Header.Set("Authorization", "Bearer "+s.issuer.Token(openidtest.User(alice)))
		if s.do(handler, r).wantServed(t); read != "red" {
			t.Errorf("the handler of %s has read %q", path, read)
		}
	}
}
