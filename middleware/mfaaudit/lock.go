package mfaaudit

import (
	"errors"
	"fmt"
	"os"
)

// A lock is what one Audit at a time has of a file. It is on a file beside it, because the file itself is replaced now and then. The
// system gives it up with the process, however that ends, so that what a crash leaves behind locks nobody out; the file beside
// stays, because another process may be about to lock it when it is removed.
type lock struct{ held *os.File }

// errInUse is what a second Audit gets.
var errInUse = errors.New("another audit writes it: each process needs a file of its own")

// lockFile takes the lock of the file at path.
func lockFile(path string) (*lock, error) {
	beside, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := tryLock(beside); err != nil {
		_ = beside.Close()
		if errors.Is(err, errInUse) {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return nil, fmt.Errorf("%s: %w", beside.Name(), err)
	}
	return &lock{beside}, nil
}

// release gives the lock up. Closing alone would leave it to a process that is being started just now, for the moment in which that has
// everything open that this one has.
func (l *lock) release() {
	unlock(l.held)
	_ = l.held.Close()
}
