package middleware_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

const revokedMessage = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp"

func revocations(tb testing.TB, v *openid.Verifier) *middleware.Revocations {
	tb.Helper()
	r, err := middleware.NewRevocations(middleware.RevocationsConfig{Verifier: v})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// An event takes effect with the next request, on a token that has been accepted before, and for nobody else.
func TestRevocations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := entraV1(t)
		var events *middleware.Revocations
		s := newSiteWith(t, issuer, func(config *middleware.Config) {
			events = revocations(t, config.Verifier)
			config.Revocations = events
		})
		get := func(token string) *answer { return s.do(s.gate.Handler(s), request("GET", webVM, token)) }
		mint := func(claims ...openidtest.Claim) string {
			return mint(issuer, append(claims, openidtest.Lifetime(20*time.Hour))...)
		}
		plain, stepsUp := mint(openidtest.User(alice)), mint(openidtest.User(alice), cp1())
		workload := mint(openidtest.ServicePrincipal(alice), cp1())
		other := mint(openidtest.User(bob, readers))
		for _, token := range []string{plain, stepsUp, workload, other} {
			get(token).wantServed(t)
		}

		time.Sleep(10*time.Minute + 300*time.Millisecond)
		from := time.Now()
		if err := events.RevokePrincipal(strings.ToUpper(tenant), strings.ToUpper(alice), from); err != nil {
			t.Fatal(err)
		}
		nbf := func(at time.Time) string {
			return fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, at.Unix())
		}
		next := from.Truncate(time.Second).Add(time.Second) // a token that says this second was issued after the event
		answer := get(plain)
		answer.want(t, 401, "InvalidAuthenticationToken", revokedMessage)
		wantChallenge(t, answer, "https://login.entra.example/"+tenant)
		for _, token := range []string{stepsUp, workload} {
			answer := get(token)
			answer.want(t, 401, "InvalidAuthenticationToken", revokedMessage)
			wantClaims(t, answer.header, authorizeEndpoint, nbf(next))
		}
		get(other).wantServed(t)
		text, lines := s.log.take(t)
		lines = refusals(lines)
		if len(lines) != 3 || lines[0]["reason"] != "token revoked" || lines[0]["oid"] != alice || lines[0]["level"] != "INFO" {
			t.Errorf("log is %s", text)
		}

		// A token of the same second may be from before the event.
		get(mint(openidtest.User(alice))).want(t, 401, "InvalidAuthenticationToken", revokedMessage)
		time.Sleep(time.Until(next))
		fresh := mint(openidtest.User(alice), cp1())
		get(fresh).wantServed(t)

		// An earlier event does not undo a later one; a later one counts.
		if err := events.RevokePrincipal(tenant, alice, from.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		get(plain).want(t, 401, "InvalidAuthenticationToken", revokedMessage)
		time.Sleep(time.Minute)
		if err := events.RevokePrincipal(tenant, alice, time.Now()); err != nil {
			t.Fatal(err)
		}
		answer = get(fresh)
		answer.want(t, 401, "InvalidAuthenticationToken", revokedMessage)

		// A whole tenant.
		get(other).wantServed(t)
		time.Sleep(time.Minute)
		at := time.Now().Truncate(time.Second).Add(time.Second)
		if err := events.RevokeTenant(tenant, at); err != nil {
			t.Fatal(err)
		}
		get(other).want(t, 401, "InvalidAuthenticationToken", revokedMessage)
		answer = get(fresh)
		wantClaims(t, answer.header, authorizeEndpoint, nbf(at))
		if err := events.RevokePrincipal(tenant, alice, at.Add(-30*time.Second)); err != nil { // fed late: the later event counts
			t.Fatal(err)
		}
		wantClaims(t, get(fresh).header, authorizeEndpoint, nbf(at))
		if err := events.RevokePrincipal(tenant, bob, at.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(at))
		get(mint(openidtest.User(alice))).wantServed(t)
		get(mint(openidtest.User(bob, readers))).want(t, 401, "InvalidAuthenticationToken", revokedMessage)
	})
}

// Another tenant's principal with the same object id is another principal.
func TestRevocationsAreOfOneTenant(t *testing.T) {
	issuer := entraV1(t)
	s := newSiteWith(t, issuer, func(config *middleware.Config) {
		config.Revocations = revocations(t, config.Verifier)
		for _, err := range []error{
			config.Revocations.RevokePrincipal(foreignTenant, alice, time.Now().Add(time.Hour)),
			config.Revocations.RevokeTenant(foreignTenant, time.Now().Add(time.Hour)),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	s.do(s.gate.Handler(s), request("GET", webVM, issuer.Token(openidtest.User(alice)))).wantServed(t)
}

// An AD FS cannot answer a claims challenge.
func TestRevocationsOnADFS(t *testing.T) {
	const sid = "S-1-5-21-1004336348-1177238915-682003330-512"
	issuer := openidtest.NewADFS(t)
	s := newSiteWith(t, issuer, func(config *middleware.Config) {
		config.Revocations = revocations(t, config.Verifier)
		if err := config.Revocations.RevokePrincipal("ADFS", "s"+sid[1:], time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	})
	answer := s.do(s.gate.Handler(s), request("GET", webVM, issuer.Token(openidtest.User(sid), cp1())))
	answer.want(t, 401, "InvalidAuthenticationToken", revokedMessage)
	wantChallenge(t, answer, "https://adfs.local.azurestack.example/adfs")
}

func TestRevocationsConfig(t *testing.T) {
	issuer, adfs := entraV1(t), openidtest.NewADFS(t)
	for want, config := range map[string]middleware.RevocationsConfig{
		"middleware: RevocationsConfig.Verifier: is required":     {},
		"middleware: RevocationsConfig.MaxEvents: -1 is negative": {Verifier: issuer.Verifier(), MaxEvents: -1},
	} {
		if r, err := middleware.NewRevocations(config); r != nil || err == nil || err.Error() != want {
			t.Errorf("NewRevocations = %v, %v, want %s", r, err, want)
		}
	}

	events, ofADFS := revocations(t, issuer.Verifier()), revocations(t, adfs.Verifier())
	for name, err := range map[string]error{
		"principal's name":  events.RevokePrincipal(tenant, "alice@contoso.example", time.Now()),
		"principal missing": events.RevokePrincipal(tenant, "", time.Now()),
		"zero principal":    events.RevokePrincipal(tenant, "00000000-0000-0000-0000-000000000000", time.Now()),
		"tenant's name":     events.RevokeTenant("contoso.example", time.Now()),
		"tenant missing":    events.RevokePrincipal("", alice, time.Now()),
		"not the AD FS's":   ofADFS.RevokeTenant(tenant, time.Now()),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}

	// Events of a verifier whose tokens live less long would be forgotten too soon.
	short := verifier(t, openid.VerifierConfig{Providers: []*openid.Provider{issuer.Provider()}, Audiences: []string{issuer.Audience()}, MaxLifetime: time.Hour})
	_, err := middleware.New(middleware.Config{Verifier: issuer.Verifier(), Authorizer: authorizer(t, policy(t)), Revocations: revocations(t, short)})
	if err == nil || !strings.HasPrefix(err.Error(), "middleware: Config.Revocations: ") {
		t.Errorf("New = %v", err)
	}
	if _, err := middleware.New(middleware.Config{Verifier: short, Authorizer: authorizer(t, policy(t)), Revocations: events}); err != nil {
		t.Error(err)
	}
}

// Events are bounded, and an event makes room when no token is alive that it could concern, not before.
func TestRevocationsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := entraV1(t).Verifier()
		events, err := middleware.NewRevocations(middleware.RevocationsConfig{Verifier: v, MaxEvents: 2})
		if err != nil {
			t.Fatal(err)
		}
		revoke := func(oid string) error { return events.RevokePrincipal(tenant, oid, time.Now()) }
		for _, oid := range []string{alice, alice, bob, alice} {
			if err := revoke(oid); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(v.LongestLife() - time.Second)
		if err := revoke(mallory); err == nil {
			t.Error("a third event found room")
		}
		time.Sleep(2 * time.Second)
		if err := revoke(mallory); err != nil {
			t.Errorf("no room when the others are over: %v", err)
		}
		if err := revoke(bob); err != nil {
			t.Error(err)
		}
		if err := events.RevokeTenant(foreignTenant, time.Now()); err == nil {
			t.Error("a third event found room")
		}
		if err := events.RevokeTenant(tenant, time.Now()); err != nil {
			t.Errorf("a tenant does not take the place of its principals: %v", err)
		}
		if err := revoke(alice); err != nil {
			t.Error(err)
		}
	})
}

func TestRevocationsInParallel(t *testing.T) {
	s := newSite(t, func(config *middleware.Config) {
		config.Revocations = revocations(t, config.Verifier)
		config.Logger = nil
	})
	events := revocations(t, s.issuer.Verifier())
	s = newSiteWith(t, s.issuer, func(config *middleware.Config) { config.Revocations = events })
	token := s.issuer.Token(openidtest.User(alice))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 50 {
				s.do(s.gate.Handler(s), request("GET", webVM, token))
				if err := events.RevokePrincipal(tenant, []string{alice, bob}[i%2], time.Now().Add(time.Hour)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s.do(s.gate.Handler(s), request("GET", webVM, token)).want(t, 401, "InvalidAuthenticationToken", revokedMessage)
}
