//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package mfaaudit

import (
	"errors"
	"os"
	"syscall"
)

// tryLock locks f, or answers errInUse when somebody has it: this process by another opening of the file, or another process.
func tryLock(f *os.File) error {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errInUse
		case errors.Is(err, syscall.EINTR):
		default:
			return err
		}
	}
}

func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
