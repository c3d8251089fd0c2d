package middleware_test

import (
	"flag"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

var rememberedSeed = flag.Uint64("remembered.seed", 0, "repeat the random history of TestGate_Remembered that a failure named")

// A gate that remembers tokens, operations and resource sets answers like one that was made for the request and remembers nothing, whatever
// happens to keys, roles, revocations and time.
func TestGate_Remembered(t *testing.T) {
	seed := *rememberedSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("repeat with -remembered.seed=%d", seed)
	synctest.Test(t, func(t *testing.T) { compareRemembered(t, rand.New(rand.NewPCG(seed, 6))) })
}

func compareRemembered(t *testing.T, random *rand.Rand) {
	issuer := entraV1(t)
	store, err := rbac.NewMemoryStore(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{Name: "10000000-0000-4000-8000-000000000001", Scope: "/subscriptions/" + subscription, RoleDefinitionID: ownerRole, PrincipalID: alice},
	}})
	if err != nil {
		t.Fatal(err)
	}
	shared := issuer.Verifier()
	verifier := func(maxCachedTokens int) *openid.Verifier {
		v, err := openid.NewVerifier(openid.VerifierConfig{
			Providers: shared.Providers(), Audiences: shared.Audiences(), MaxCachedTokens: maxCachedTokens,
		})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	warm, cold := verifier(0), verifier(openid.NoCache)
	events := revocations(t, warm)
	newGate := func(v *openid.Verifier) *site {
		gate, err := middleware.New(middleware.Config{Verifier: v, Authorizer: authorizer(t, store), Revocations: events})
		if err != nil {
			t.Fatal(err)
		}
		return &site{issuer: issuer, gate: gate}
	}
	remembering := newGate(warm)
	provider := shared.Providers()[0]
	synctest.Wait()

	keys := []string{issuer.KeyID()}
	var tokens []string
	mintOne := func() {
		who := []openidtest.Claim{openidtest.User(alice), openidtest.User(bob, readers), openidtest.ServicePrincipal(alice), openidtest.User(mallory)}[random.IntN(4)]
		tokens = append(tokens, issuer.Token(who, openidtest.Lifetime(time.Duration(10+random.IntN(300))*time.Minute)))
		if len(tokens) > 8 {
			tokens = tokens[1:]
		}
	}
	for range 4 {
		mintOne()
	}
	paths := []string{
		webVM, strings.ToUpper(webVM), webVM + "/", webVM + "//", webGroup, "/subscriptions/" + subscription, webVM + "/start",
		"/subscriptions/" + foreignSubscription, "/subscriptions/" + unknownSubscription, "/nowhere", webGroup + "/providers/Microsoft.Compute/virtualMachines",
	}
	methods := []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodTrace}
	web := rbac.RoleAssignment{
		Name: "10000000-0000-4000-8000-000000000002", Scope: webGroup, RoleDefinitionID: readerRole, PrincipalID: readers,
	}
	statuses := make(map[int]int)
	shown := func() bool {
		for _, status := range []int{200, 400, 401, 403, 404, 405, 503} {
			if statuses[status] == 0 {
				return false
			}
		}
		return true
	}
	var history []string
	for n := 0; n < 300 || n < 3000 && !shown(); n++ { // a history that happens to show little goes on
		var what string
		var err error
		switch random.IntN(16) {
		case 0:
			what, err = "revoke alice", events.RevokePrincipal(tenant, alice, time.Now())
		case 1:
			what, err = "revoke bob, from later on", events.RevokePrincipal(tenant, bob, time.Now().Add(time.Minute))
		case 2:
			if random.IntN(8) == 0 {
				what, err = "revoke the tenant", events.RevokeTenant(tenant, time.Now())
			}
		case 3:
			what, keys = "rotate", append(keys, issuer.Rotate())
		case 4:
			if len(keys) > 2 && random.IntN(6) == 0 { // the list of distrusted keys only grows
				what = "distrust"
				provider.Distrust(keys[random.IntN(len(keys)-1)])
			}
		case 5:
			if random.IntN(4) == 0 {
				what = "flush while away"
				issuer.Down()
				provider.Flush()
			}
		case 6, 7:
			what = "up"
			issuer.Up()
		case 8:
			what = "give readers the role"
			_, _, err = store.PutAssignment(t.Context(), web)
		case 9:
			what = "take it"
			_, _ = store.DeleteAssignment(t.Context(), web.Name) // which may be gone already
		case 10:
			what = "hours"
			time.Sleep(time.Duration(random.IntN(4)) * time.Hour)
		case 11, 12:
			what = "minutes"
			time.Sleep(time.Duration(random.IntN(20)) * time.Minute)
		default:
			what = "mint"
			mintOne()
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		history = append(history, what)
		synctest.Wait()
		for _, token := range tokens {
			method, path := methods[random.IntN(len(methods))], paths[random.IntN(len(paths))]
			ask := func(s *site) *answer { return s.do(s.gate.Handler(s), request(method, path, token)) }
			ask(newGate(cold)) // who comes first may cause a refresh
			synctest.Wait()
			want := ask(newGate(cold))
			for range 3 {
				got := ask(remembering)
				if got.status != want.status || got.body != want.body || got.served != want.served ||
					got.header.Get("WWW-Authenticate") != want.header.Get("WWW-Authenticate") {
					t.Fatalf("after %s: %s %s is answered\n%d %s\nand by a gate that remembers nothing\n%d %s",
						strings.Join(history[max(0, len(history)-20):], ", "), method, path, got.status, got.body, want.status, want.body)
				}
			}
			statuses[want.status]++
		}
	}
	if !shown() {
		t.Errorf("answers %v: the history shows little", statuses)
	}
}
