package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"hubgate.example/rbac"
)

// readImports reads the files of --import, all of them or none. What is in them, rbac.ImportPolicy sees.
func readImports(names []string) ([]rbac.ImportFile, error) {
	var files []rbac.ImportFile
	for _, name := range names {
		content, err := readImport(name)
		if err != nil {
			return nil, fmt.Errorf("--import: %w", err)
		}
		files = append(files, rbac.ImportFile{Name: name, Data: content})
	}
	return files, nil
}

// halvesFrom is the length in bytes from which on the halves of a file are read at the same time: most of that is the time in which the
// memory for it is made.
const halvesFrom = 32 << 20

func readImport(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() < halvesFrom {
		return io.ReadAll(file)
	}
	content := make([]byte, info.Size())
	half := len(content) / 2
	var errs [2]error
	var reading sync.WaitGroup
	reading.Go(func() { _, errs[0] = file.ReadAt(content[:half], 0) })
	reading.Go(func() { _, errs[1] = file.ReadAt(content[half:], int64(half)) })
	reading.Wait()
	return content, errors.Join(errs[:]...)
}
