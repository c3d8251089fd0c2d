package main

import (
	"fmt"
	"os"

	"hubgate.example/rbac"
)

// readImports reads the files of --import, all of them or none. What is in them, rbac.ImportPolicy sees.
func readImports(names []string) ([]rbac.ImportFile, error) {
	var files []rbac.ImportFile
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("--import: %w", err)
		}
		files = append(files, rbac.ImportFile{Name: name, Data: content})
	}
	return files, nil
}
