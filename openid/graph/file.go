package graph

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"

	"hubgate.example/openid"
)

const (
	checkInterval = 5 * time.Second
	maxFileBytes  = 64 << 20
	// A file that was changed so shortly before it was read may change again without a sign: the clocks of file systems tick in up
	// to two seconds.
	fileClockTick = 2 * time.Second
)

// FileConfig configures a File. Only Path is required.
type FileConfig struct {
	// Path is the file: a JSON object that has, for each principal's object id, the array of all its groups, those that contain its
	// groups included. Ids are SIDs or GUIDs.
	//
	//	{
	//	  "S-1-5-21-1004336348-1177238915-682003330-1105": ["S-1-5-21-1004336348-1177238915-682003330-513", "S-1-5-32-545"],
	//	  "S-1-5-21-1004336348-1177238915-682003330-1106": []
	//	}
	//
	// A principal that is not in it is ErrNotFound; one that is in no group has an empty array. The file is at most 64 MiB long and is
	// read again within 5 seconds after it has changed. It is best replaced as a whole, by renaming a new one. Whoever can write it
	// decides who is in which group.
	Path string
	// Tenant is the directory tenant of the AD FS whose principals these are, as in openid.ProviderConfig.Tenant: the same SID means
	// someone else elsewhere. The default is "adfs".
	Tenant string
	// Logger receives what is wrong with the file. The default discards it.
	Logger *slog.Logger
}

// A File has the groups of principals from a file, for an AD FS, which has no Microsoft Graph. While the file cannot be read, or is wrong,
// the groups of the last good one count. Its methods may be called by many goroutines at once.
type File struct {
	path   string
	tenant string
	log    *slog.Logger

	groups atomic.Pointer[map[string][]string]

	reading sync.Mutex
	checked time.Time
	info    fs.FileInfo // of the last good one
	read    time.Time   // when that was read
	problem string      // why the last one was not good
}

// NewFile reads the file. A file that cannot be read, or is wrong, is an error that names the field.
func NewFile(config FileConfig) (*File, error) {
	f := &File{
		path:   config.Path,
		tenant: strings.ToLower(cmp.Or(config.Tenant, "adfs")),
		log:    cmp.Or(config.Logger, slog.New(slog.DiscardHandler)),
	}
	if f.path == "" {
		return nil, errors.New("graph: FileConfig.Path: is required")
	}
	f.checked = time.Now()
	if err := f.readAgain(); err != nil {
		return nil, fmt.Errorf("graph: FileConfig.Path: %w", err)
	}
	return f, nil
}

// Groups answers the ids of all groups of p by the file, whatever p.Groups holds. The slice is shared and must not be changed. An error
// is an *Error.
func (f *File) Groups(_ context.Context, p *openid.Principal) ([]string, error) {
	if p.Tenant != f.tenant {
		return nil, notFound("%s is for tenant %q, not %q", f.path, f.tenant, clip(p.Tenant))
	}
	id, ok := openid.ParseObjectID(p.ObjectID)
	if !ok {
		return nil, notFound("object id %q is none", clip(p.ObjectID))
	}
	f.check()
	groups, ok := (*f.groups.Load())[id]
	if !ok {
		return nil, notFound("%s is not in %s", id, f.path)
	}
	return groups, nil
}

// check reads the file again when it has changed. Whoever comes while another does so goes by what is known.
func (f *File) check() {
	if !f.reading.TryLock() {
		return
	}
	defer f.reading.Unlock()
	now := time.Now()
	if now.Sub(f.checked) < checkInterval {
		return
	}
	f.checked = now
	err := f.readAgain()
	switch {
	case err == nil && f.problem != "":
		f.problem = ""
		f.log.Info("graph: the file of groups is good again", "path", f.path)
	case err != nil && err.Error() != f.problem:
		f.problem = err.Error()
		f.log.Error("graph: the file of groups cannot be used, the last good one counts", "path", f.path, "error", err)
	}
}

// readAgain reads the file unless it is the last good one still.
func (f *File) readAgain() error {
	info, err := os.Stat(f.path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular(): // reading a pipe could last for ever
		return fmt.Errorf("%s is not a regular file", f.path)
	case f.unchanged(info):
		return nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	// What is opened may be another file than what was looked at.
	if info, err = file.Stat(); err != nil {
		return err
	}
	now := time.Now()
	content, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return err
	}
	if len(content) > maxFileBytes {
		return fmt.Errorf("%s is longer than %d bytes", f.path, maxFileBytes)
	}
	groups, err := readGroups(content)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	f.groups.Store(&groups)
	f.info, f.read = info, now
	return nil
}

func (f *File) unchanged(info fs.FileInfo) bool {
	return f.info != nil && os.SameFile(info, f.info) && info.Size() == f.info.Size() && info.ModTime().Equal(f.info.ModTime()) &&
		info.ModTime().Add(fileClockTick).Before(f.read)
}

// readGroups reads a whole file. One wrong id spoils it: with the group left out, what the group denies would be allowed.
func readGroups(content []byte) (map[string][]string, error) {
	var written map[string][]string
	content = bytes.TrimPrefix(content, []byte("\ufeff")) // which tools on Windows write
	if err := json.Unmarshal(content, &written); err != nil {
		return nil, err
	}
	if written == nil {
		return nil, errors.New("is null, not an object")
	}
	read := make(map[string][]string, len(written))
	for name, groups := range written {
		principal, ok := openid.ParseObjectID(name)
		if !ok {
			return nil, fmt.Errorf("%q is neither a SID nor a GUID", clip(name))
		}
		if _, twice := read[principal]; twice {
			return nil, fmt.Errorf("%s is there twice", principal)
		}
		if groups == nil {
			return nil, fmt.Errorf("%s: null is not an array of groups", principal)
		}
		for i, group := range groups {
			if groups[i], ok = openid.ParseObjectID(group); !ok {
				return nil, fmt.Errorf("%s: group %q is neither a SID nor a GUID", principal, clip(group))
			}
		}
		read[principal] = compact(groups)
	}
	return read, nil
}
