package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// moduleDir is the folder of this module.
func moduleDir(ctx context.Context) (string, error) {
	output, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Path}} {{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	path, dir, _ := strings.Cut(strings.TrimSpace(string(output)), " ")
	if !strings.HasSuffix(path, "/bench") {
		return "", errors.New("run it in the folder bench")
	}
	return dir, nil
}

// build builds what runs in processes of its own.
func (m *measurement) build(ctx context.Context, module, scratch string) error {
	m.tell("building")
	m.programs = make(map[string]string)
	for _, program := range []struct {
		name, dir string
		command   []string
	}{
		{"verify", module, []string{"test", "-c", "./verify"}},
		{"decide", module, []string{"test", "-c", "./decide"}},
		{"gate", module, []string{"test", "-c", "./gate"}},
		{"tokencache", module, []string{"test", "-c", "./tokencache"}},
		{"server", module, []string{"build", "./cmd/server"}},
		{"demo", filepath.Dir(module), []string{"build", "./cmd/demo"}},
	} {
		to := filepath.Join(scratch, program.name)
		last := len(program.command) - 1
		args := append(program.command[:last:last], "-o", to, program.command[last])
		command := exec.CommandContext(ctx, "go", args...)
		command.Dir = program.dir
		command.Stdout, command.Stderr = os.Stderr, os.Stderr
		if err := command.Run(); err != nil {
			return fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
		}
		m.programs[program.name] = to
	}
	return nil
}
