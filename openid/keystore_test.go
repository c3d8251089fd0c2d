package openid

import (
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
)

// testKey answers a key by its description: kid, kid/x5t or /x5t, and after a colon the number of its material.
func testKey(t *testing.T, description string) *signingKey {
	t.Helper()
	id, material, _ := strings.Cut(description, ":")
	kid, x5t, _ := strings.Cut(id, "/")
	var seed int64
	if _, err := fmt.Sscan(material, &seed); err != nil {
		t.Fatalf("%s: %v", description, err)
	}
	key := &signingKey{kid: kid, x5t: x5t, public: &rsa.PublicKey{N: modulus(2048, seed), E: 65537}}
	var err error
	key.jwk, err = jwkset.NewJWKFromKey(key.public, jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{KID: key.id()},
		Validate: jwkset.JWKValidateOptions{SkipAll: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// MS-06, ADFS-02: a refresh is hours after the start and a key set; what can be found after the last of them, and when.
func TestMS_06_Retention(t *testing.T) {
	type refresh struct {
		hour float64
		keys string
	}
	for _, test := range []struct {
		name      string
		kind      AuthorityType
		refreshes []refresh
		at        float64 // hours after the start
		want      string  // each key that is looked up by its id, with the material that is found
	}{
		{"Entra, published", EntraV2, []refresh{{0, "a:1 b:2"}}, 0, "a:1 b:2"},
		{"Entra, vanished", EntraV2, []refresh{{0, "a:1 b:2"}, {1, "b:2"}}, 1, "a:1 b:2"},
		{"Entra, vanished for 24 h", EntraV1, []refresh{{0, "a:1 b:2"}, {1, "b:2"}, {24, "b:2"}}, 24, "a:1 b:2"},
		{"Entra, vanished for more than 24 h", EntraV1, []refresh{{0, "a:1 b:2"}, {1, "b:2"}, {23, "b:2"}}, 24.01, "b:2"},
		{"Entra, gone from the store", EntraV1, []refresh{{0, "a:1 b:2"}, {1, "b:2"}, {25, "b:2"}}, 25, "b:2"},
		{"Entra, flapping", EntraV2, []refresh{{0, "a:1 b:2"}, {1, "b:2"}, {20, "a:1 b:2"}, {21, "b:2"}, {43, "b:2"}}, 43, "a:1 b:2"},
		{"Entra, came back with other material", EntraV2, []refresh{{0, "a:1 b:2"}, {1, "b:2"}, {2, "a:3 b:2"}}, 2, "a:3 b:2"},
		{"Entra, other material at once", EntraV2, []refresh{{0, "a:1"}, {1, "a:2"}}, 1, "a:2"},
		{"Entra, outage of 24 h", EntraV2, []refresh{{0, "a:1"}}, 24, "a:1"},
		{"Entra, outage of more than 24 h", EntraV2, []refresh{{0, "a:1"}}, 24.01, ""},
		{"Entra, everything new", EntraV2, []refresh{{0, "a:1"}, {1, "b:2"}, {2, "c:3"}}, 2, "a:1 b:2 c:3"},
		{"AD FS, vanished once", ADFS, []refresh{{0, "a:1 b:2"}, {1, "b:2"}}, 1, "a:1 b:2"},
		{"AD FS, vanished twice", ADFS, []refresh{{0, "a:1 b:2"}, {1, "b:2"}, {2, "b:2"}}, 2, "b:2"},
		{"AD FS, vanished and back", ADFS, []refresh{{0, "a:1 b:2"}, {1, "b:2"}, {2, "a:1 b:2"}, {3, "b:2"}}, 3, "a:1 b:2"},
		{"AD FS, vanished once, then an outage", ADFS, []refresh{{0, "a:1 b:2"}, {1, "b:2"}}, 24.5, "b:2"},
		{"AD FS, outage of 24 h", ADFS, []refresh{{0, "a:1"}}, 24, "a:1"},
		{"AD FS, outage of more than 24 h", ADFS, []refresh{{0, "a:1"}}, 24.01, ""},

		{"by x5t", EntraV1, []refresh{{0, "a/t:1 /u:2"}}, 0, "a:1 /t:1 /u:2"},
		{"by x5t, without kid, vanished", EntraV1, []refresh{{0, "a/t:1 /u:2"}, {1, "a/t:1"}}, 1, "a:1 /t:1 /u:2"},
		{"by x5t, the fresh key before a vanished one", EntraV1, []refresh{{0, "a/t:1"}, {1, "b/t:2"}}, 1, "a:1 b:2 /t:2"},
		{"by x5t, other certificate of the same kid", EntraV1, []refresh{{0, "a/t:1"}, {1, "a/u:1"}}, 1, "a:1 /u:1"},
		{"a kid is no x5t", EntraV1, []refresh{{0, "a/t:1"}}, 0, "a:1 /t:1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			after := func(hours float64) time.Time { return start.Add(time.Duration(hours * float64(time.Hour))) }
			store := newKeyStore(&Provider{})
			for _, r := range test.refreshes {
				var keys []*signingKey
				for description := range strings.FieldsSeq(r.keys) {
					keys = append(keys, testKey(t, description))
				}
				store.update(keys, nil, test.kind, after(r.hour))
			}
			for _, id := range []string{"a", "b", "c", "t", "/a", "/t", "/u", "A", ""} {
				want := ""
				for description := range strings.FieldsSeq(test.want) {
					if wanted, material, _ := strings.Cut(description, ":"); wanted == id {
						want = material
					}
				}
				kid, x5t, _ := strings.Cut(id, "/")
				got := store.lookup(kid, x5t, after(test.at))
				switch {
				case got == nil && want != "":
					t.Errorf("%q is not found, want material %s", id, want)
				case got != nil && want == "":
					t.Errorf("%q is found as %s", id, got.name())
				case got != nil && !got.sameMaterial(testKey(t, id+":"+want)):
					t.Errorf("%q has other material than %s", id, want)
				}
			}
		})
	}
}

// JWK-03: a key that its issuer has taken back does not live on as one that vanished: its id stands for no usable key any more.
func TestJWK_03_TakenBack(t *testing.T) {
	for _, test := range []struct {
		name        string
		known       string
		fresh       string
		faults      []keyFault
		want        string // what is left
		wantRemoved []string
	}{
		{"vanished", "a:1 b:2", "b:2", nil, "a b", nil},
		{"its kid is not used", "a:1 b:2", "b:2", []keyFault{{key: "a", kid: "a", reason: "x"}}, "b", []string{"a"}},
		{"its kid is not used, its x5t was another", "a/t:1 b:2", "b:2", []keyFault{{key: "a", kid: "a", x5t: "u", reason: "x"}}, "b", []string{"a"}},
		{"its x5t is not used", "a/t:1 b:2", "b:2", []keyFault{{key: "c", kid: "c", x5t: "t", reason: "x"}}, "b", []string{"a"}},
		{"without a kid, by its x5t", "/t:1 b:2", "b:2", []keyFault{{key: "keys[1]", x5t: "t", reason: "x"}}, "b", []string{"t"}},
		{"without a kid, another kid is not used", "/t:1 b:2", "b:2", []keyFault{{key: "c", kid: "c", reason: "x"}}, "b t", nil},
		{"a fault without an id", "a:1 /t:3 b:2", "b:2", []keyFault{{key: "keys[0]", reason: "x"}}, "a b t", nil},
		{"a kid is no x5t", "a/t:1 b:2", "b:2", []keyFault{{key: "t", kid: "t", reason: "x"}}, "a b", nil},
		{"used with a reservation", "a:1 b:2", "b:2", []keyFault{{key: "a", kid: "a", reason: "x", used: true}}, "a b", nil},
		{"used in another row of the set", "a:1 b:2", "a:1 b:2", []keyFault{{key: "a", kid: "a", reason: "x"}}, "a b", nil},
	} {
		for _, kind := range []AuthorityType{EntraV1, EntraV2, ADFS} {
			t.Run(test.name+" "+string(kind), func(t *testing.T) {
				keys := func(descriptions string) (keys []*signingKey) {
					for description := range strings.FieldsSeq(descriptions) {
						keys = append(keys, testKey(t, description))
					}
					return keys
				}
				store, now := newKeyStore(&Provider{}), time.Now()
				store.update(keys(test.known), nil, kind, now)
				_, removed := store.update(keys(test.fresh), test.faults, kind, now)
				if !slices.Equal(removed, test.wantRemoved) {
					t.Errorf("removed %q, want %q", removed, test.wantRemoved)
				}
				var left []string
				for _, key := range store.all() {
					left = append(left, key.id())
				}
				slices.Sort(left)
				if got := strings.Join(left, " "); got != test.want {
					t.Errorf("%q are left, want %q", got, test.want)
				}
			})
		}
	}
}

// Logs tell which keys came and went, and nothing when the same set comes again.
func TestKeyStore_Changes(t *testing.T) {
	store := newKeyStore(&Provider{})
	now := time.Now()
	for _, step := range []struct {
		name                   string
		keys                   []string
		wantAdded, wantRemoved []string
	}{
		{"first", []string{"a:1", "b:2"}, []string{"a", "b"}, nil},
		{"again", []string{"b:2", "a:1"}, nil, nil},
		{"other material", []string{"a:3", "b:2"}, []string{"a"}, nil},
		{"one vanishes", []string{"a:3"}, nil, nil},
		{"and is gone", []string{"a:3"}, nil, []string{"b"}},
		{"and stays gone", []string{"a:3"}, nil, nil},
		{"and comes back", []string{"a:3", "b:2"}, []string{"b"}, nil},
	} {
		var keys []*signingKey
		for _, description := range step.keys {
			keys = append(keys, testKey(t, description))
		}
		added, removed := store.update(keys, nil, ADFS, now)
		if !slices.Equal(added, step.wantAdded) || !slices.Equal(removed, step.wantRemoved) {
			t.Errorf("%s: added %q, removed %q, want %q and %q", step.name, added, removed, step.wantAdded, step.wantRemoved)
		}
	}
	jwks, err := store.KeyReadAll(t.Context())
	if err != nil || len(jwks) != 2 {
		t.Errorf("keyfunc sees %d keys, want 2 (%v)", len(jwks), err)
	}
	store.clear()
	if jwks, _ = store.KeyReadAll(t.Context()); len(jwks) != 0 || store.lookup("a", "", now) != nil {
		t.Error("keys are left after clear")
	}
}

// A provider that publishes other keys each time cannot fill the memory: the newest stay, and what is published always does.
func TestMS_06_RetentionIsBounded(t *testing.T) {
	s := newKeyStore(&Provider{})
	at := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	set := func(round int) (keys []*signingKey) {
		for i := range 400 {
			keys = append(keys, &signingKey{kid: fmt.Sprintf("%d-%d", round, i)})
		}
		return keys
	}
	for round := range 5 {
		s.update(set(round), nil, EntraV2, at.Add(time.Duration(round)*time.Minute))
	}
	rounds := make(map[byte]int)
	for _, key := range s.all() {
		rounds[key.kid[0]]++
	}
	if len(s.all()) != maxKeys || rounds['4'] != 400 || rounds['3'] != 400 || rounds['2'] != 200 {
		t.Errorf("%d keys, by round %v", len(s.all()), rounds)
	}
}
