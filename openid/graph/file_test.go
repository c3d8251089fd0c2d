package graph_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/graph"
	"hubgate.example/openid/openidtest"
)

const (
	aliceAD = "S-1-5-21-1004336348-1177238915-682003330-1105"
	robotAD = "S-1-5-21-1004336348-1177238915-682003330-1106"
	usersAD = "S-1-5-21-1004336348-1177238915-682003330-513"
	builtin = "S-1-5-32-545"
)

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replaceFile puts another file in the place of one, as is best.
func replaceFile(t testing.TB, path, content string) {
	t.Helper()
	writeFile(t, path+".new", content)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func at(objectID string) *openid.Principal {
	return &openid.Principal{Tenant: "adfs", ObjectID: objectID, Kind: openid.KindUser, Overage: true}
}

func TestNewFile_Refused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "groups.json")
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, path, content string }{
		{"no path", "", ""},
		{"no file", filepath.Join(dir, "absent.json"), ""},
		{"a directory", dir, ""},
		{"a pipe", pipe, ""},
		{"empty", path, ""},
		{"no JSON", path, "S-1-5-32-545"},
		{"null", path, "null"},
		{"an array", path, "[]"},
		{"a string in place of an array", path, `{"` + aliceAD + `":"` + usersAD + `"}`},
		{"null in place of an array", path, `{"` + aliceAD + `":null}`},
		{"null in place of a group", path, `{"` + aliceAD + `":[null]}`},
		{"a number in place of a group", path, `{"` + aliceAD + `":[513]}`},
		{"the name of a group", path, `{"` + aliceAD + `":["` + usersAD + `","Domain Users"]}`},
		{"the name of a principal", path, `{"AZURESTACK\\alice":["` + usersAD + `"]}`},
		{"the zero GUID", path, `{"00000000-0000-0000-0000-000000000000":[]}`},
		{"a principal twice", path, `{"` + aliceAD + `":[],"` + aliceAD + `":["` + usersAD + `"]}`},
		{"a principal twice in two spellings", path, `{"` + aliceAD + `":[],"` + strings.ToLower(aliceAD) + `":["` + usersAD + `"]}`},
		{"cut off", path, `{"` + aliceAD + `":["` + usersAD + `"]`},
		{"more after the end", path, `{"` + aliceAD + `":[]} {}`},
		{"no UTF-8", path, "{\"\xff\":[]}"},
		{"UTF-16", path, "\xff\xfe{\x00}\x00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			writeFile(t, path, test.content)
			_, err := graph.NewFile(graph.FileConfig{Path: test.path})
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.HasPrefix(err.Error(), "graph: FileConfig.Path: ") || strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("error %q", err)
			}
		})
	}

	large := filepath.Join(dir, "large.json")
	writeFile(t, large, "{}")
	if err := os.Truncate(large, 64<<20+1); err != nil {
		t.Fatal(err)
	}
	if _, err := graph.NewFile(graph.FileConfig{Path: large}); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("error %v with a file that is too long", err)
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "groups.json")
	writeFile(t, path, "\ufeff"+`{
		"`+aliceAD+`": ["`+builtin+`", "`+strings.ToLower(usersAD)+`", "`+usersAD+`"],
		"`+robotAD+`": [],
		"`+strings.ToUpper(alice)+`": ["`+strings.ToUpper(group(1))+`"]
	}`)
	for _, tenant := range []string{"", strings.ToUpper(home)} {
		f, err := graph.NewFile(graph.FileConfig{Path: path, Tenant: tenant})
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			name, objectID string
			want           []string
			wantErr        error
		}{
			{"in groups", aliceAD, []string{usersAD, builtin}, nil},
			{"in another case", strings.ToLower(aliceAD), []string{usersAD, builtin}, nil},
			{"in none", robotAD, nil, nil},
			{"a GUID", alice, []string{group(1)}, nil},
			{"absent", usersAD, nil, graph.ErrNotFound},
			{"no id", "alice", nil, graph.ErrNotFound},
			{"nothing", "", nil, graph.ErrNotFound},
		} {
			p := at(test.objectID)
			for _, own := range []bool{true, false} {
				p.Tenant = map[bool]string{tenant == "": "adfs", tenant != "": home}[own]
				got, err := f.Groups(t.Context(), p)
				wantErr := test.wantErr
				if !own {
					wantErr = graph.ErrNotFound
				}
				if wantErr != nil {
					checkError(t, got, err, wantErr, 0)
				} else if err != nil || !slices.Equal(got, test.want) {
					t.Errorf("%s: %q, %v, want %q", test.name, got, err, test.want)
				}
			}
		}
	}
}

// A changed file counts within 5 seconds, a broken one not at all, and each trouble is told once.
func TestFileChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "groups.json")
		log := new(bytes.Buffer)
		writeFile(t, path, `{"`+aliceAD+`":["`+usersAD+`"]}`)
		f, err := graph.NewFile(graph.FileConfig{Path: path, Logger: slog.New(slog.NewTextHandler(log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		expect := func(want ...string) {
			t.Helper()
			got, err := f.Groups(t.Context(), at(aliceAD))
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%q, %v, want %q", got, err, want)
			}
		}
		told := func(errors, infos int) {
			t.Helper()
			if strings.Count(log.String(), "level=ERROR") != errors || strings.Count(log.String(), "level=INFO") != infos {
				t.Errorf("want %d errors and %d infos:\n%s", errors, infos, log)
			}
			log.Reset()
		}
		expect(usersAD)
		replaceFile(t, path, `{"`+aliceAD+`":["`+builtin+`"]}`)
		time.Sleep(5*time.Second - 1)
		expect(usersAD)
		time.Sleep(time.Nanosecond)
		expect(builtin)
		told(0, 0)

		for _, broken := range []func(){
			func() { writeFile(t, path, `{"`+aliceAD+`":[`) },
			func() { writeFile(t, path, `{"`+aliceAD+`":["Domain Users"]}`) },
			func() { os.Remove(path) },
			func() { os.Mkdir(path, 0o700) },
		} {
			broken()
			for range 3 {
				time.Sleep(time.Hour)
				expect(builtin)
			}
			told(1, 0)
		}
		os.Remove(path)
		writeFile(t, path, `{"`+aliceAD+`":[]}`)
		time.Sleep(5 * time.Second)
		expect()
		told(0, 1)
		replaceFile(t, path, `{}`)
		time.Sleep(5 * time.Second)
		got, err := f.Groups(t.Context(), at(aliceAD))
		checkError(t, got, err, graph.ErrNotFound, 0)
	})
}

// A file that looks as it did is not read again, unless it is so young that it may have changed without looking so.
func TestFileUnchanged(t *testing.T) {
	for _, test := range []struct {
		name string
		age  time.Duration // when it is read
		want string        // after a change that does not show
	}{
		{"old", time.Hour, usersAD},
		{"young", time.Second, strings.Replace(usersAD, "513", "514", 1)},
		{"from the future", -time.Hour, strings.Replace(usersAD, "513", "514", 1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "groups.json")
				changed := time.Now().Add(-test.age)
				write := func(group string) {
					writeFile(t, path, `{"`+aliceAD+`":["`+group+`"]}`)
					if err := os.Chtimes(path, changed, changed); err != nil {
						t.Fatal(err)
					}
				}
				write(usersAD)
				f, err := graph.NewFile(graph.FileConfig{Path: path})
				if err != nil {
					t.Fatal(err)
				}
				write(strings.Replace(usersAD, "513", "514", 1))
				time.Sleep(time.Minute)
				if got, err := f.Groups(t.Context(), at(aliceAD)); err != nil || !slices.Equal(got, []string{test.want}) {
					t.Errorf("%q, %v, want %s", got, err, test.want)
				}
			})
		})
	}
}

// Many callers while the file changes: each gets the groups of one file or the other.
func TestFileManyCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "groups.json")
		content := func(n int) string { return fmt.Sprintf(`{"%s":["S-1-5-32-%d","S-1-5-33-%d"]}`, aliceAD, n, n) }
		writeFile(t, path, content(0))
		f, err := graph.NewFile(graph.FileConfig{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				for range 20 {
					time.Sleep(3 * time.Second)
					got, err := f.Groups(t.Context(), at(aliceAD))
					if err != nil || len(got) != 2 || strings.TrimPrefix(got[0], "S-1-5-32-") != strings.TrimPrefix(got[1], "S-1-5-33-") {
						t.Errorf("%q, %v", got, err)
					}
				}
			})
		}
		for n := range 20 {
			replaceFile(t, path, content(n))
			time.Sleep(3 * time.Second)
		}
		callers.Wait()
	})
}

// From the token of an AD FS whose rules have left the groups out to the groups of the file.
func TestFileForTokenWithoutGroups(t *testing.T) {
	path := filepath.Join(t.TempDir(), "groups.json")
	writeFile(t, path, `{"`+aliceAD+`":["`+usersAD+`","`+builtin+`"]}`)
	f, err := graph.NewFile(graph.FileConfig{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	issuer := openidtest.NewFor(t, openidtest.Config{Type: openid.ADFS, Algorithm: "ES256"})
	verifier, err := openid.NewVerifier(openid.VerifierConfig{
		Providers: []*openid.Provider{issuer.Provider()}, Audiences: []string{issuer.Audience()}, MissingGroupsAreOverage: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	principal, err := verifier.Verify(t.Context(), issuer.Token(openidtest.User(aliceAD)))
	if err != nil || !principal.Overage {
		t.Fatalf("%+v, %v", principal, err)
	}
	if got, err := f.Groups(t.Context(), principal); err != nil || !slices.Equal(got, []string{usersAD, builtin}) {
		t.Errorf("%q, %v", got, err)
	}
}
