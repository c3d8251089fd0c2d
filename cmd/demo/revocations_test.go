package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/openid/openidtest"
)

// What was revoked counts at the next start as well.
func TestRevocationsSurviveARestart(t *testing.T) {
	d := start(t)
	p := principal(t, sample.ADFS(), "reader")
	later := time.Now().Add(24 * time.Hour).Format(time.RFC3339) // so that a token of the next start is one that was issued before
	path := sample.GateAdministration() + "/tenants/" + p.Tenant + "/revoke" + version
	if got := d.callAt(t, d.admin, d.token(t, "operator", "--admin"), "POST", path, `{"objectId":"`+p.ObjectID+`","from":"`+later+`"}`); got.status != 204 {
		t.Fatalf("%d %v", got.status, got.body)
	}
	d.stopped()
	d = startIn(t, d.data)
	for who, status := range map[string]int{"reader": 401, "owner": 200} {
		if got := d.call(t, d.token(t, who), "GET", production+version, ""); got.status != status {
			t.Errorf("%s: %d %s, want %d", who, got.status, got.code, status)
		}
	}
}

// The file has what concerns a token that may be alive, once for each principal and tenant, and nothing else.
func TestRevocationsFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, err := datadir.Create(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		verifier := openidtest.NewEntraV1(t, sample.Entra().Home()).Verifier()
		open := func() *revocations {
			t.Helper()
			r, err := openRevocations(verifier, dir, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		const a, b = "a11ce000-0000-4000-8000-000000000001", "b0b00000-0000-4000-8000-000000000002"
		home := sample.Entra().Home()
		begun := time.Now().UTC()
		r := open()
		for _, step := range []struct {
			after time.Duration
			event revocation
			ok    bool
			kept  int
		}{
			{0, revocation{home, a, begun}, true, 1},
			{0, revocation{strings.ToUpper(home), strings.ToUpper(a), begun.Add(-time.Hour)}, true, 1},
			{0, revocation{home, "", begun}, true, 2},
			{0, revocation{home, "alice", begun}, false, 2},
			{0, revocation{"hubgate.example", a, begun}, false, 2},
			{verifier.LongestLife() - time.Minute, revocation{home, b, begun.Add(time.Hour)}, true, 3},
			{2 * time.Minute, revocation{home, b, begun}, true, 1},
		} {
			time.Sleep(step.after)
			if err := r.revoke(step.event); (err == nil) != step.ok {
				t.Errorf("%+v: %v", step.event, err)
			}
			r = open()
			if len(r.kept) != step.kept {
				t.Errorf("after %+v: %+v", step.event, r.kept)
			}
		}
		if got := r.kept[0]; got.ObjectID != b || !got.From.Equal(begun.Add(time.Hour)) {
			t.Errorf("an earlier time takes the place of a later one: %+v", got)
		}
		if info, err := os.Stat(dir.File(revocationsFile)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		if err := os.RemoveAll(dir.Path()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir.Path(), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.revoke(revocation{home, a, time.Now()}); err == nil || !strings.HasPrefix(err.Error(), errNotKept.Error()) {
			t.Errorf("where nothing can be written: %v", err)
		}
	})
}

// A file that is damaged is no reason to take tokens that were revoked; one with another identity provider's events is a good one.
func TestRevocationsRead(t *testing.T) {
	const event = `{"tenant":"c80be797-85d2-42bd-a128-3eeac50c308f","objectId":"S-1-5-21-1-2-3-4","from":"2026-01-02T03:04:05Z"}`
	for _, test := range []struct {
		name, content string
		mode          os.FileMode
		ok            bool
	}{
		{"nothing", `[]`, 0o600, true},
		{"an event", `[` + event + `]`, 0o600, true},
		{"of another identity provider", `[` + strings.Replace(event, "c80be797-85d2-42bd-a128-3eeac50c308f", "adfs", 1) + `]`, 0o600, true},
		{"empty", ``, 0o600, false},
		{"no JSON", `[` + event, 0o600, false},
		{"another shape", `{}`, 0o600, false},
		{"no tenant", `[` + strings.Replace(event, "c80be797-85d2-42bd-a128-3eeac50c308f", "", 1) + `]`, 0o600, false},
		{"no id", `[` + strings.Replace(event, "S-1", "somebody", 1) + `]`, 0o600, false},
		{"no time", `[{"tenant":"adfs"}]`, 0o600, false},
		{"others may read it", `[]`, 0o644, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, err := datadir.Create(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir.Path(), revocationsFile), []byte(test.content), test.mode); err != nil {
				t.Fatal(err)
			}
			verifier := openidtest.NewEntraV1(t, sample.Entra().Home()).Verifier()
			_, err = openRevocations(verifier, dir, slog.New(slog.DiscardHandler))
			if (err == nil) != test.ok || err != nil && !strings.HasPrefix(err.Error(), "--data: ") {
				t.Errorf("%v", err)
			}
		})
	}
}
