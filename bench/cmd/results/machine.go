package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// A machine is where and with what something was measured.
type machine struct {
	processor, memory, kernel, load string
	cores                           int
	date                            time.Time
	commit                          string
	versions                        map[string]string // of modules
}

func readMachine(ctx context.Context, module string) machine {
	m := machine{
		processor: field("/proc/cpuinfo", "model name"),
		memory:    gigabytes(field("/proc/meminfo", "MemTotal")),
		kernel:    firstLine("/proc/sys/kernel/osrelease"),
		load:      loadAverages(firstLine("/proc/loadavg")),
		cores:     runtime.NumCPU(),
		date:      time.Now().UTC(),
		commit:    commit(ctx, module),
		versions:  make(map[string]string),
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			m.versions[dependency.Path] = dependency.Version
		}
	}
	return m
}

// field is the value of the first line "name : value" of a file.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// gigabytes writes what /proc/meminfo has as kibibytes.
func gigabytes(text string) string {
	var kibibytes float64
	if _, err := fmt.Sscanf(text, "%f kB", &kibibytes); err != nil {
		return text
	}
	return number(kibibytes*1024/1e9) + " GB"
}

// loadAverages are the averages of 1, 5 and 15 minutes, the first numbers of /proc/loadavg.
func loadAverages(text string) string {
	numbers := strings.Fields(text)
	return strings.Join(numbers[:min(3, len(numbers))], ", ")
}

func firstLine(file string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(content), "\n")
	return line
}

// commit is the commit that is measured, and whether there is more than is committed. The results of an earlier run in dir are no change of
// what is measured.
func commit(ctx context.Context, dir string) string {
	git := func(args ...string) (string, error) {
		command := exec.CommandContext(ctx, "git", args...)
		command.Dir = dir
		output, err := command.Output()
		return strings.TrimSpace(string(output)), err
	}
	hash, err := git("rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	if changed, err := git("status", "--porcelain", "--", ":/", ":(exclude)"+resultsFile); err != nil || changed != "" {
		hash += " with changes"
	}
	return hash
}
