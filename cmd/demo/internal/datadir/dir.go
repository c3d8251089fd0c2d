package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Default is the data directory when none is named: hubgate-demo in the user's configuration directory, so that demo token
// finds a running demo from whatever directory it is called in.
func Default() (string, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("no default data directory: %w", err)
	}
	return filepath.Join(config, "hubgate-demo"), nil
}

// A Dir is an opened data directory.
type Dir struct{ path string }

// Create opens the data directory at path and makes it when it is not there. A new or empty one becomes its owner's alone.
func Create(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	if entries, err := os.ReadDir(path); err == nil && len(entries) == 0 {
		if err := os.Chmod(path, 0o700); err != nil {
			return nil, err
		}
	}
	return Open(path)
}

// Open opens an existing data directory. One that others may write to is refused: whoever can replace the CA's key can
// impersonate the demo to every client that trusts ca.pem.
func Open(path string) (*Dir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", path)
	}
	// Windows has no such permission bits; a directory below the user's profile is private there.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("%s holds private keys and may be written by others (mode %04o): chmod 700 it or name another directory",
			path, info.Mode().Perm())
	}
	return &Dir{path: path}, nil
}

// Path is the directory's absolute path.
func (d *Dir) Path() string { return d.path }

// File is the absolute path of a file in the directory.
func (d *Dir) File(name string) string { return filepath.Join(d.path, name) }

// Read reads a file of the directory. A file that is not there is fs.ErrNotExist.
func (d *Dir) Read(name string) ([]byte, error) { return os.ReadFile(d.File(name)) }

// ReadPrivate is Read for keys and secrets: a file that others may read or write is refused.
func (d *Dir) ReadPrivate(name string) ([]byte, error) {
	info, err := os.Stat(d.File(name))
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s is private and others may read or write it (mode %04o): chmod 600 it, or remove it for a new one",
			d.File(name), info.Mode().Perm())
	}
	return d.Read(name)
}

// Write puts a file in place as a whole, or not at all: whoever reads it sees the old content or the new.
func (d *Dir) Write(name string, data []byte, mode fs.FileMode) (err error) {
	file := d.File(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(temporary.Name())
		}
	}()
	_, err = temporary.Write(data)
	if err := errors.Join(err, temporary.Chmod(mode), temporary.Close()); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return os.Rename(temporary.Name(), file)
}

// Remove removes a file of the directory; one that is not there is no error.
func (d *Dir) Remove(name string) error {
	if err := os.Remove(d.File(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
