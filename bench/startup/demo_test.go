package startup_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"hubgate.example/bench/decide"
	"hubgate.example/bench/startup"
	"hubgate.example/rbac"
)

func TestDemo(t *testing.T) {
	program := filepath.Join(t.TempDir(), "demo")
	if output, err := exec.Command("go", "build", "-C", filepath.Join("..", ".."), "-o", program, "./cmd/demo").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	imported := filepath.Join(t.TempDir(), "roles.json")
	if _, err := startup.WriteImport(imported, decide.NewWorkload(1_000).Policy); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	address, err := startup.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	demo := startup.Demo{Program: program, Data: t.TempDir(), Address: address}
	for _, name := range []string{"empty data directory", "with a token", "with imports"} {
		switch name {
		case "with a token":
			var err error
			if demo.Token, err = demo.FetchToken(ctx); err != nil {
				t.Fatal(err)
			}
		case "with imports":
			demo.Imports = []string{imported}
		}
		elapsed, err := demo.First(ctx)
		if err != nil || elapsed <= 0 {
			t.Errorf("%s: %v, %v", name, elapsed, err)
		}
	}
	demo.Token = "forged"
	if _, err := demo.First(ctx); err == nil {
		t.Error("a forged token: no error")
	}
	demo.Imports = []string{filepath.Join(t.TempDir(), "none.json")}
	if _, err := demo.First(ctx); err == nil {
		t.Error("no file to import: no error")
	}
}

// What is written is what is read.
func TestWriteImport(t *testing.T) {
	policy := decide.NewWorkload(1_000).Policy
	name := filepath.Join(t.TempDir(), "roles.json")
	n, err := startup.WriteImport(name, policy)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil || int64(len(data)) != n {
		t.Fatal(len(data), n, err)
	}
	imported, err := rbac.Import(rbac.ImportFile{Name: name, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if len(imported.Roles) != len(policy.Roles) || len(imported.Assignments) != len(policy.Assignments) {
		t.Fatalf("%d roles and %d assignments", len(imported.Roles), len(imported.Assignments))
	}
	byName := make(map[string]rbac.RoleAssignment)
	for _, a := range imported.Assignments {
		byName[a.Name] = a
	}
	for _, want := range policy.Assignments {
		got := byName[want.Name]
		got.RoleDefinitionID = want.RoleDefinitionID // with the prefix
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
