package openid_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// newIssuer makes an issuer whose keys are quick to make.
func newIssuer(t testing.TB, f flavour, base string) *openidtest.Issuer {
	t.Helper()
	config := f.config
	config.Algorithm, config.BaseURL = "ES256", base
	return openidtest.NewFor(t, config)
}

// providerOf makes a provider that trusts the issuer. authority replaces the issuer's own unless it is empty.
func providerOf(t testing.TB, i *openidtest.Issuer, authority string) *openid.Provider {
	t.Helper()
	config := i.ProviderConfig()
	if authority != "" {
		config.Authority = authority
	}
	return newProvider(t, config)
}

// sharedKeyID publishes an issuer's only key under the kid "shared", as it happens when two providers name keys by the year.
func sharedKeyID(i *openidtest.Issuer) {
	i.EditKeys(func(keys []any) []any {
		key := keys[0].(map[string]any)
		key["kid"] = "shared"
		delete(key, "x5t")
		delete(key, "x5c")
		return keys
	})
}

// JWT-09: the issuer chooses the provider, and only a key of that provider verifies the token, whatever its name.
func TestJWT_09_KeysOfOneProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		contoso := newIssuer(t, flavour{config: openidtest.Config{Type: openid.EntraV2, Tenant: home}}, "https://login.contoso.example")
		fabrikam := newIssuer(t, flavour{config: openidtest.Config{Type: openid.EntraV1, Tenant: guest}}, "https://login.fabrikam.example")
		sharedKeyID(contoso)
		sharedKeyID(fabrikam)
		providers := []*openid.Provider{providerOf(t, contoso, ""), providerOf(t, fabrikam, "")}
		v := newVerifier(t, openid.VerifierConfig{Providers: providers, Audiences: []string{"api"}})
		synctest.Wait()
		if !v.MultiTenant() {
			t.Error("MultiTenant is false")
		}
		shared := []openidtest.Claim{openidtest.Audience("api"), openidtest.Header("kid", "shared"), openidtest.WithoutHeader("x5t")}
		for _, test := range []struct {
			name          string
			issuer, other *openidtest.Issuer
			tenant        string
		}{{"v2", contoso, fabrikam, home}, {"v1", fabrikam, contoso, guest}} {
			principal, err := v.Verify(t.Context(), test.issuer.Token(openidtest.User(alice), shared...))
			if err != nil || principal.Tenant != test.tenant {
				t.Fatalf("%s: %+v, %v", test.name, principal, err)
			}
			byOther := append(shared[:len(shared):len(shared)], openidtest.SignedWith(test.other.Key().PrivateKey))
			principal, err = v.Verify(t.Context(), test.issuer.Token(openidtest.User(alice), byOther...))
			checkRefusal(t, principal, err, openid.ErrSignature, false)
		}

		// By its own name a key of the other is unknown here.
		fabrikam.EditKeys(nil)
		providers[1].Flush()
		synctest.Wait()
		token := contoso.Token(openidtest.User(alice), openidtest.Audience("api"),
			openidtest.SignedWith(fabrikam.Key().PrivateKey), openidtest.Header("kid", fabrikam.KeyID()))
		principal, err := v.Verify(t.Context(), token)
		checkRefusal(t, principal, err, openid.ErrUnknownKey, false)
	})
}

// One authority's two versions stand beside each other: v1 tokens under v1 metadata, v2 tokens under v2.
func TestRoute_TwoVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v1, v2 := newIssuer(t, entraV1, ""), newIssuer(t, entraV2, "")
		v := newVerifier(t, openid.VerifierConfig{Providers: []*openid.Provider{providerOf(t, v1, ""), providerOf(t, v2, "")}, Audiences: []string{"api"}})
		synctest.Wait()
		if v.MultiTenant() {
			t.Error("MultiTenant is true, with two authorities of one tenant")
		}
		for _, issuer := range []*openidtest.Issuer{v1, v2} {
			principal, err := v.Verify(t.Context(), issuer.Token(openidtest.User(alice), openidtest.Audience("api")))
			if err != nil || principal.Issuer != issuer.AccessTokenIssuer() {
				t.Errorf("%+v, %v", principal, err)
			}
		}
		crossed := v1.Token(openidtest.User(alice), openidtest.Audience("api"), openidtest.With("iss", v2.AccessTokenIssuer()), openidtest.With("ver", "2.0"))
		principal, err := v.Verify(t.Context(), crossed)
		checkRefusal(t, principal, err, openid.ErrUnknownKey, false)
	})
}

// JWT-01: each provider has algorithms of its own; what another one accepts is no reason to look for a key.
func TestRoute_AlgorithmsOfOneProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV2, n.attach, func(_ *openid.ProviderConfig, v *openid.VerifierConfig) {
			config := entraV1.config
			config.Algorithm = "ES384"
			v.Providers = append(v.Providers, providerOf(t, openidtest.NewFor(t, config), ""))
		})
		synctest.Wait()
		s.verify(t, n, s.token(openidtest.Header("alg", "ES384"), openidtest.Header("kid", "unknown")), openid.ErrAlgorithm, 0, 0)
		s.verify(t, n, s.token(), nil, 0, 0)
	})
}

// A provider of one tenant goes before one of many, in whatever order they are configured.
func TestRoute_ExactBeforeTemplate(t *testing.T) {
	for _, exactFirst := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			exact, template := newIssuer(t, entraV2, ""), newIssuer(t, entraV2, "")
			one, many := providerOf(t, exact, ""), providerOf(t, template, template.AuthorityOf("common"))
			providers := []*openid.Provider{many, one}
			if exactFirst {
				providers = []*openid.Provider{one, many}
			}
			v := newVerifier(t, openid.VerifierConfig{Providers: providers, Audiences: []string{exact.Audience()}, Tenants: []string{home, guest}})
			synctest.Wait()
			if err := v.Ready(); err != nil {
				t.Error(err)
			}
			for _, test := range []struct {
				name   string
				issuer *openidtest.Issuer
				tenant string
				want   error
			}{
				{"own tenant, own key", exact, home, nil},
				{"own tenant, key of the many", template, home, openid.ErrUnknownKey},
				{"other tenant, key of the many", template, guest, nil},
				{"other tenant, key of the one", exact, guest, openid.ErrUnknownKey},
			} {
				principal, err := v.Verify(t.Context(), test.issuer.Token(openidtest.User(alice), openidtest.Tenant(test.tenant)))
				if test.want != nil {
					checkRefusal(t, principal, err, test.want, false)
				} else if err != nil {
					t.Errorf("%s: %v", test.name, err)
				}
			}
		})
	}
}

// An issuer that two providers claim is the first one's, by the order of the configuration and not by who was quicker; the other is never
// asked for it, and the verifier says so. Flush, which is for a compromise, hands the issuer to nobody.
func TestRoute_SameIssuer(t *testing.T) {
	for _, ownerIsQuicker := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			first, second := newIssuer(t, adfs, ""), newIssuer(t, adfsTenanted, "")
			var own, claimant *openid.Provider
			start := []func(){func() { own = providerOf(t, first, "") }, func() { claimant = providerOf(t, second, "") }}
			if !ownerIsQuicker {
				slices.Reverse(start)
			}
			for _, f := range start {
				f()
				synctest.Wait()
			}
			v := newVerifier(t, openid.VerifierConfig{Providers: []*openid.Provider{own, claimant}, Audiences: []string{first.Audience()}})
			check := func(when string) {
				t.Helper()
				if err := v.Ready(); err == nil || !strings.Contains(err.Error(), claimant.Authority()) || !strings.Contains(err.Error(), "belongs to "+own.Authority()) {
					t.Errorf("%s: Ready: %v, want it to name both authorities", when, err)
				}
				principal, err := v.Verify(t.Context(), first.Token(openidtest.User(aliceAD)))
				if err != nil || principal.Tenant != "adfs" {
					t.Errorf("%s: the owner's token: %+v, %v", when, principal, err)
				}
				principal, err = v.Verify(t.Context(), second.Token(openidtest.User(aliceAD)))
				checkRefusal(t, principal, err, openid.ErrUnknownKey, false)
			}
			check("at first")
			own.Flush()
			synctest.Wait()
			check("after Flush")
		})
	}
}

// A provider that publishes another one's issuer does not get its tokens while that one is still away: not when the issuer is configured, not
// when the tenant is the other's, and not through a template.
func TestRoute_OwnerStillAway(t *testing.T) {
	const ownerBase, otherBase = "https://login.a.example", "https://login.b.example"
	stolen := "https://sts.a.example/" + home + "/"
	for _, test := range []struct {
		name      string
		pinned    bool   // the owner's issuer is configured
		authority string // of the other provider: "" its own tenant, else this word
		publish   string // as the other's issuer
	}{
		{"issuer configured", true, "", stolen},
		{"tenant is the owner's", false, "", stolen},
		{"template", false, "common", "https://sts.a.example/{tenantid}/"},
		{"template, issuer configured", true, "common", "https://sts.a.example/{tenantid}/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				owner, other := newIssuer(t, entraV1, ownerBase), newIssuer(t, entraV1, otherBase)
				other.EditMetadata(func(m map[string]any) { m["issuer"] = test.publish })
				owner.Down()
				config := owner.ProviderConfig()
				if test.pinned {
					config.Issuers = []string{stolen}
				}
				authority := ""
				if test.authority != "" {
					authority = other.AuthorityOf(test.authority)
				}
				providers := []*openid.Provider{newProvider(t, config), providerOf(t, other, authority)}
				v := newVerifier(t, openid.VerifierConfig{Providers: providers, Audiences: []string{owner.Audience()}, Tenants: []string{home, guest}})
				synctest.Wait()

				forged := other.Token(openidtest.User(alice), openidtest.Audience(owner.Audience()), openidtest.With("iss", stolen))
				principal, err := v.Verify(t.Context(), forged)
				checkRefusal(t, principal, err, openid.ErrUnavailable, false)
				owner.Up()
				time.Sleep(2 * time.Minute)
				principal, err = v.Verify(t.Context(), forged)
				checkRefusal(t, principal, err, openid.ErrUnknownKey, false)
				if _, err := v.Verify(t.Context(), owner.Token(openidtest.User(alice))); err != nil {
					t.Errorf("the owner's token: %v", err)
				}
			})
		})
	}
}

// A tenant that has a provider of its own is nobody else's on another host, though that one serves many tenants.
func TestRoute_TenantOfAnotherAuthority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, many := newIssuer(t, entraV1, "https://login.a.example"), newIssuer(t, entraV1, "https://login.b.example")
		providers := []*openid.Provider{providerOf(t, one, ""), providerOf(t, many, many.AuthorityOf("common"))}
		v := newVerifier(t, openid.VerifierConfig{Providers: providers, Audiences: []string{one.Audience()}, Tenants: []string{home, guest}})
		synctest.Wait()
		principal, err := v.Verify(t.Context(), many.Token(openidtest.User(alice), openidtest.Audience(one.Audience())))
		checkRefusal(t, principal, err, openid.ErrTenant, true)
		for name, token := range map[string]string{
			"the tenant's own authority": one.Token(openidtest.User(alice)),
			"another tenant of the many": many.Token(openidtest.User(alice), openidtest.Audience(one.Audience()), openidtest.Tenant(guest)),
		} {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// While one provider has never been ready, a token of another is verified at once, and one of nobody may be the missing one's.
func TestRoute_OneProviderDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{state: down}
		s := newSiteInBubble(t, entraV1, func(_ *openid.ProviderConfig, v *openid.VerifierConfig) {
			v.Providers = append(v.Providers, newProvider(t, openid.ProviderConfig{Authority: "https://login.entra.example/" + guest, Transport: n}))
		})
		synctest.Wait()
		s.verify(t, n, s.token(), nil, 0, 0)
		s.verify(t, n, s.token(openidtest.Tenant(guest)), openid.ErrUnavailable, 0, 0)
		s.verify(t, n, s.token(openidtest.With("iss", "https://evil.example/")), openid.ErrUnavailable, 0, 0)
		if err := s.verifier.Ready(); err == nil || !strings.Contains(err.Error(), guest) || strings.Contains(err.Error(), home) {
			t.Errorf("Ready: %v, want the missing one named alone", err)
		}
		time.Sleep(time.Hour)
		s.verify(t, n, s.token(), nil, 0, 0)
	})
}
