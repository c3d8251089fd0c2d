package openidtest_test

import (
	"slices"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

func TestRotation(t *testing.T) {
	for _, test := range []struct {
		name      string
		do        func(i *openidtest.Issuer, first string) []string // the kids of the keys it made
		signs     int                                               // the key that signs: 0 is the first, 1 the one after it
		published []int
	}{
		{"Announce", func(i *openidtest.Issuer, _ string) []string {
			return []string{i.Announce()}
		}, 0, []int{0, 1}},
		{"Rotate", func(i *openidtest.Issuer, _ string) []string {
			return []string{i.Rotate()}
		}, 1, []int{0, 1}},
		{"Rotate to the announced key", func(i *openidtest.Issuer, _ string) []string {
			announced := i.Announce()
			if rotated := i.Rotate(); rotated != announced {
				return []string{announced, rotated}
			}
			return []string{announced}
		}, 1, []int{0, 1}},
		{"Rotate twice", func(i *openidtest.Issuer, _ string) []string {
			return []string{i.Rotate(), i.Rotate()}
		}, 2, []int{0, 1, 2}},
		{"RotateUrgently", func(i *openidtest.Issuer, _ string) []string {
			return []string{i.RotateUrgently()}
		}, 1, []int{1}},
		{"RotateUrgently forgets what was announced", func(i *openidtest.Issuer, _ string) []string {
			return []string{i.Announce(), i.RotateUrgently(), i.Rotate()}
		}, 3, []int{2, 3}},
		{"Withdraw the signing key", func(i *openidtest.Issuer, first string) []string {
			i.Withdraw(first)
			return nil
		}, 0, nil},
		{"Withdraw the old key", func(i *openidtest.Issuer, first string) []string {
			kid := i.Rotate()
			i.Withdraw(first)
			return []string{kid}
		}, 1, []int{1}},
		{"Publish it again", func(i *openidtest.Issuer, first string) []string {
			kid := i.Rotate()
			i.Withdraw(first)
			i.Publish(first)
			return []string{kid}
		}, 1, []int{0, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			issuer := openidtest.NewFor(t, fast(openid.ADFS))
			all := []string{issuer.KeyID()}
			all = append(all, test.do(issuer, all[0])...)
			if issuer.KeyID() != all[test.signs] {
				t.Errorf("signs with %s, want number %d of %q", issuer.KeyID(), test.signs, all)
			}
			var want []string
			for _, n := range test.published {
				want = append(want, all[n])
			}
			if got := kids(jwks(t, issuer, "/adfs/discovery/keys")); !slices.Equal(got, want) {
				t.Errorf("published %q, want %q", got, want)
			}
			header, _ := parts(t, issuer.Token(openidtest.User(sid)))
			if header["kid"] != issuer.KeyID() || header["x5t"] != issuer.KeyID() {
				t.Errorf("header %v", header)
			}
		})
	}
}

// A verifier follows a rotation: tokens of the old key and of the new one are good.
func TestVerifierFollowsRotation(t *testing.T) {
	issuer := openidtest.NewFor(t, fast(openid.EntraV1))
	verifier := issuer.Verifier()
	before := issuer.Token(openidtest.User(oid))
	if _, err := verifier.Verify(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	fetched := issuer.Requests()
	issuer.Rotate()
	for name, token := range map[string]string{"old": before, "new": issuer.Token(openidtest.User(oid))} {
		if _, err := verifier.Verify(t.Context(), token); err != nil {
			t.Errorf("%s key: %v", name, err)
		}
	}
	if got := issuer.Requests(); got.Keys != fetched.Keys+1 {
		t.Errorf("%d key sets fetched for one unknown key", got.Keys-fetched.Keys)
	}
}
