package main

import (
	"fmt"
	"os"

	"hubgate.example/rbac"
)

// readImports reads the files of --import, all of them or none.
func readImports(names []string) (rbac.PolicyConfig, error) {
	var files []rbac.ImportFile
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return rbac.PolicyConfig{}, fmt.Errorf("--import: %w", err)
		}
		files = append(files, rbac.ImportFile{Name: name, Data: content})
	}
	policy, err := rbac.Import(files...)
	if err != nil {
		return rbac.PolicyConfig{}, fmt.Errorf("--import: %w", err)
	}
	return policy, nil
}
