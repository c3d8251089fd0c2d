package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
)

// What a demo exports it can import, although the samples are in it; and what contradicts them is refused.
func TestImport(t *testing.T) {
	first := start(t)
	exported := first.call(t, first.token(t, "owner"), "GET", production+"/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01", "")
	if exported.status != 200 {
		t.Fatalf("%d %s", exported.status, exported.code)
	}
	write := func() string {
		file := filepath.Join(t.TempDir(), "export.json")
		content, err := json.Marshal(exported.body)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	assignments := exported.body["value"].([]any)
	outsider := map[string]any{
		"name": "0c1d2e3f-4a5b-4c6d-8e7f-9a0b1c2d3e4f",
		"type": "Microsoft.Authorization/roleAssignments",
		"properties": map[string]any{
			"principalId": principal(t, sample.ADFS(), "outsider").ObjectID, "principalType": "User", "scope": sandbox,
			"roleDefinitionId": sandbox + "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
		},
	}
	exported.body["value"] = append(assignments, outsider)
	second := start(t, "--import", write())
	if got := second.call(t, second.token(t, "outsider"), "GET", sandbox+version, ""); got.status != 200 {
		t.Errorf("reader by import: %d %s", got.status, got.code)
	}

	// Another assignment under the name of a sample.
	outsider["name"] = assignments[0].(map[string]any)["name"]
	exported.body["value"] = []any{outsider}
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"--listen", "127.0.0.1:0", "--listen-http", "", "--listen-admin", "", "--data", filepath.Join(t.TempDir(), "data"), "--import", write()}, &stdout, &stderr)
	if status != 1 || !strings.Contains(stderr.String(), "--import") || strings.Count(stderr.String(), "demo: ") != 1 {
		t.Errorf("status %d: %s", status, &stderr)
	}
}

// A file is read whole, however long it is.
func TestReadImports(t *testing.T) {
	for name, length := range map[string]int{"empty": 0, "short": 1000, "long": halvesFrom, "of odd length": halvesFrom + 1} {
		t.Run(name, func(t *testing.T) {
			want := make([]byte, length)
			for i := range want {
				want[i] = byte(i ^ i>>8 ^ i>>16)
			}
			file := filepath.Join(t.TempDir(), "long.json")
			if err := os.WriteFile(file, want, 0o600); err != nil {
				t.Fatal(err)
			}
			files, err := readImports([]string{file})
			if err != nil || len(files) != 1 || files[0].Name != file || !bytes.Equal(files[0].Data, want) {
				t.Errorf("%d files, %v", len(files), err)
			}
			if files, err := readImports([]string{file, file + ".none"}); err == nil || files != nil {
				t.Errorf("%d files, %v", len(files), err)
			}
		})
	}
}
