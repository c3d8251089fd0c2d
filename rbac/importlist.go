package rbac

import (
	"runtime"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// minPart is how many objects are worth being read by a goroutine of their own.
const minPart = 4096

// readObjects adds the objects of a list, which is at path in its file. The parts of a long list are read at the same time.
func (im *importer) readObjects(file, path string, objects []jsontext.Value) error {
	n := max(1, min(runtime.GOMAXPROCS(0), len(objects)/minPart))
	parts, errs := make([]importer, n), make([]error, n)
	// Most objects of a long list are assignments: here is room for them, which each part has its own share of.
	im.config.Assignments = slices.Grow(im.config.Assignments, len(objects))
	room := im.config.Assignments[len(im.config.Assignments):][:len(objects)]
	if im.origins == nil {
		im.origins = make(map[string][]origin)
	}
	origins := slices.Grow(im.origins["Assignments"], len(objects))
	im.origins["Assignments"] = origins
	origins = origins[len(origins):][:len(objects)]
	var reading sync.WaitGroup
	for i := range parts {
		begin, end := i*len(objects)/n, (i+1)*len(objects)/n
		parts[i].config.Assignments = room[begin:begin:end]
		parts[i].origins = map[string][]origin{"Assignments": origins[begin:begin:end]}
		reading.Go(func() {
			for j := begin; j < end && errs[i] == nil; j++ {
				errs[i] = parts[i].readObject(origin{file: file, list: path, index: j, inList: true}, objects[j])
			}
		})
	}
	reading.Wait()
	for i := range parts {
		if errs[i] != nil {
			return errs[i]
		}
		im.add(&parts[i])
	}
	if len(im.config.Assignments) == 0 {
		im.config.Assignments = nil // the room is not needed
	}
	return nil
}

// add adds what part holds behind what im holds.
func (im *importer) add(part *importer) {
	for i, name := range part.scheduled { // of an assignment of the part
		im.setScheduled(len(im.config.Assignments)+i, name)
	}
	im.config.Roles = append(im.config.Roles, part.config.Roles...)
	im.config.Assignments = append(im.config.Assignments, part.config.Assignments...)
	im.config.DenyAssignments = append(im.config.DenyAssignments, part.config.DenyAssignments...)
	im.config.ManagementGroups = append(im.config.ManagementGroups, part.config.ManagementGroups...)
	for list, origins := range part.origins {
		im.origins[list] = append(im.origins[list], origins...)
	}
}
