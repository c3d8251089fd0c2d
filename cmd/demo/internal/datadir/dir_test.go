package datadir

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func create(t *testing.T) *Dir {
	t.Helper()
	dir, err := Create(filepath.Join(t.TempDir(), "new", "data"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// mode fails the test unless the permissions of a file are want.
func mode(t *testing.T, file string, want fs.FileMode) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return // has no such permissions
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %04o, want %04o", file, got, want)
	}
}

func TestCreateMakesAPrivateDirectory(t *testing.T) {
	dir := create(t)
	mode(t, dir.Path(), 0o700)
	if !filepath.IsAbs(dir.File("ca.pem")) {
		t.Errorf("%s is not absolute", dir.File("ca.pem"))
	}
}

func TestCreateTightensAnEmptyDirectoryOnly(t *testing.T) {
	path := t.TempDir()
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	dir, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	mode(t, path, 0o700)
	if err := errors.Join(dir.Write("file", nil, 0o600), os.Chmod(path, 0o755)); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path); err != nil {
		t.Error(err)
	}
	mode(t, path, 0o755) // somebody wants it so
}

func TestOpen(t *testing.T) {
	base := t.TempDir()
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	directory := func(name string, mode fs.FileMode) string {
		path := filepath.Join(base, name)
		if err := errors.Join(os.Mkdir(path, 0o700), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct {
		name string
		path string
		want string // in the error; "" is none
	}{
		{"private", directory("private", 0o700), ""},
		{"others may read", directory("readable", 0o755), ""},
		{"the group may write", directory("group", 0o770), "may be written by others"},
		{"all may write", directory("all", fs.ModeSticky|0o777), "may be written by others"},
		{"a file", file, "not a directory"},
		{"nothing", filepath.Join(base, "nothing"), "no such file"},
	} {
		if runtime.GOOS == "windows" && strings.Contains(test.want, "written") {
			continue
		}
		_, err := Open(test.path)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
}

func TestWriteReplacesWholeFiles(t *testing.T) {
	dir := create(t)
	for _, content := range []string{"a longer content", "short"} {
		if err := dir.Write("sub/file", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := dir.Read("sub/file"); err != nil || string(got) != content {
			t.Errorf("reads %q, %v", got, err)
		}
	}
	mode(t, dir.File("sub"), 0o700)
	mode(t, dir.File("sub/file"), 0o600)
	if err := dir.Write("public", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	mode(t, dir.File("public"), 0o644)

	// A name that is taken by a directory cannot be replaced, and nothing stays behind.
	if err := dir.Write("sub", nil, 0o600); err == nil {
		t.Error("a directory was replaced")
	}
	entries, err := os.ReadDir(dir.Path())
	if err != nil || len(entries) != 2 {
		t.Errorf("the directory holds %v, %v", entries, err)
	}
}

func TestRemove(t *testing.T) {
	dir := create(t)
	if err := dir.Write("file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := dir.Remove("file"); err != nil {
			t.Error(err)
		}
	}
	if _, err := dir.Read("file"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

// issueFor makes key pairs that last this long, and counts them.
func issueFor(lifetime time.Duration, count *int) func() (crypto.Signer, []byte, error) {
	return func() (crypto.Signer, []byte, error) {
		*count++
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		template := &x509.Certificate{
			Subject:   pkix.Name{CommonName: "test"},
			NotBefore: time.Now().Add(-time.Hour),
			NotAfter:  time.Now().Add(lifetime),
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		return key, der, err
	}
}

func TestKeyPair(t *testing.T) {
	const day = 24 * time.Hour
	refuse := func(*x509.Certificate) bool { return false }
	accept := func(*x509.Certificate) bool { return true }
	for _, test := range []struct {
		name     string
		lifetime time.Duration
		usable   func(*x509.Certificate) bool
		issued   int // by two calls
	}{
		{"is kept", 61 * day, nil, 1},
		{"is kept when usable", 61 * day, accept, 1},
		{"is replaced when it ends soon", 59 * day, nil, 2},
		{"is replaced when not usable", 61 * day, refuse, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, issued := create(t), 0
			first, err := dir.KeyPair("pair.pem", test.usable, issueFor(test.lifetime, &issued))
			if err != nil {
				t.Fatal(err)
			}
			mode(t, dir.File("pair.pem"), 0o600)
			second, err := dir.KeyPair("pair.pem", test.usable, issueFor(test.lifetime, &issued))
			if err != nil {
				t.Fatal(err)
			}
			if same := first.Leaf.Equal(second.Leaf); issued != test.issued || same != (test.issued == 1) {
				t.Errorf("issued %d, same certificate %t; want %d", issued, same, test.issued)
			}
		})
	}
}

func TestKeyPairErrors(t *testing.T) {
	dir, issued := create(t), 0
	if err := dir.Write("broken.pem", []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.KeyPair("broken.pem", nil, issueFor(time.Hour, &issued)); err == nil || !strings.Contains(err.Error(), "broken.pem") || issued != 0 {
		t.Errorf("a file that cannot be read: %v, %d issued", err, issued)
	}
	failed := errors.New("no entropy")
	if _, err := dir.KeyPair("new.pem", nil, func() (crypto.Signer, []byte, error) { return nil, nil, failed }); !errors.Is(err, failed) {
		t.Errorf("a pair that cannot be issued: %v", err)
	}
	if _, err := dir.Read("new.pem"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was written: %v", err)
	}
}

func TestSelfSigned(t *testing.T) {
	dir := create(t)
	pair, err := dir.KeyPair("clients/name.pem", nil, SelfSigned("name"))
	if err != nil {
		t.Fatal(err)
	}
	if pair.Leaf.PublicKeyAlgorithm != x509.RSA || pair.Leaf.Subject.CommonName != "name" {
		t.Errorf("certificate of %s with %s", pair.Leaf.Subject, pair.Leaf.PublicKeyAlgorithm)
	}
	if end := time.Now().AddDate(9, 11, 0); pair.Leaf.NotAfter.Before(end) {
		t.Errorf("ends at %s", pair.Leaf.NotAfter)
	}
	if pair.Leaf.IsCA {
		t.Error("is a CA")
	}
}

func TestDefault(t *testing.T) {
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} { // whatever this system goes by
		t.Setenv(name, t.TempDir())
	}
	path, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(path) || filepath.Base(path) != "hubgate-demo" {
		t.Errorf("default is %s", path)
	}
}

// A private key that others may read or replace is no longer one.
func TestReadPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("Windows has no such permission bits")
		return
	}
	dir, err := Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		mode fs.FileMode
		want bool
	}{{0o600, true}, {0o400, true}, {0o640, false}, {0o604, false}, {0o620, false}, {0o666, false}} {
		if err := dir.Write("key.pem", []byte("secret"), test.mode); err != nil {
			t.Fatal(err)
		}
		content, err := dir.ReadPrivate("key.pem")
		if got := err == nil; got != test.want || got != (len(content) > 0) {
			t.Errorf("mode %04o: %q, %v", test.mode, content, err)
		}
	}
	if _, err := dir.ReadPrivate("none.pem"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
