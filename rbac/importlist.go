package rbac

import (
	"bytes"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// minPart is how many bytes of a list are worth being read by a goroutine of their own.
	minPart = 256 << 10
	// typicalObject is how many bytes an object has of which there are many: those that az prints have some more.
	typicalObject = 1000
)

// readList adds the objects of a list, which is at path in its file. It is not ok, and adds nothing, where there is none or no valid JSON:
// unmarshal says what is wrong then. The parts of a long list are read at the same time.
func (im *importer) readList(file, path string, list []byte) (ok bool, err error) {
	begin := afterBlank(list, 0)
	if byteAt(list, begin) != '[' {
		return false, nil
	}
	if begin = afterBlank(list, begin+1); byteAt(list, begin) == ']' {
		return afterBlank(list, begin+1) == len(list), nil
	}
	// A part is right where the one before it ends. Otherwise the list is read as one.
	for _, cuts := range [][]int{cutsOf(list, begin), nil} {
		parts := im.parts(file, path, list, slices.Concat([]int{begin}, cuts))
		var reading sync.WaitGroup
		for i := range parts {
			reading.Go(parts[i].read)
		}
		reading.Wait()
		if joins(parts) {
			return true, im.join(parts)
		}
	}
	return false, nil
}

// cutsOf returns where objects of a list seem to begin, at equal distances: there stands what stands between the first two.
func cutsOf(list []byte, begin int) (cuts []int) {
	n := min(runtime.GOMAXPROCS(0), len(list)/minPart)
	if n < 2 {
		return nil
	}
	var decoder *jsontext.Decoder
	first, err := nextValue(&decoder, new(bytes.Buffer), list[begin:])
	if err != nil || first.Kind() != '{' {
		return nil
	}
	end := begin + len(first)
	second := afterBlank(list, end)
	if byteAt(list, second) != ',' {
		return nil
	}
	if second = afterBlank(list, second+1); byteAt(list, second) != '{' {
		return nil
	}
	between := list[end-1 : second+1] // with the braces
	last := second
	for i := 1; i < n; i++ {
		from := max(last, i*(len(list)/n))
		at := bytes.Index(list[from:], between)
		if at < 0 {
			break
		}
		last = from + at + len(between) - 1
		cuts = append(cuts, last)
	}
	return cuts
}

// A listPart reads the objects of a list from begin on, where one is, up to end, where the next part begins.
type listPart struct {
	importer
	file, path string
	list       []byte
	begin, end int

	decoder *jsontext.Decoder
	input   bytes.Buffer

	// objects is how many there are, and wrong the first that is, with the number of those before it.
	objects    int
	wrong      jsontext.Value
	wrongIndex int
	// whole says that the part is valid JSON and ends where it should.
	whole bool
}

// parts returns the parts of a list that begin at these bytes.
func (im *importer) parts(file, path string, list []byte, begins []int) []listPart {
	// Most objects of a long list are assignments: here is room for them, of which each part has its share.
	share := shareOf(list, len(begins))
	im.config.Assignments = slices.Grow(im.config.Assignments, share*len(begins))
	assignments := im.config.Assignments[len(im.config.Assignments):][:share*len(begins)]
	if im.origins == nil {
		im.origins = make(map[string][]origin)
	}
	im.origins["Assignments"] = slices.Grow(im.origins["Assignments"], share*len(begins))
	origins := im.origins["Assignments"][len(im.origins["Assignments"]):][:share*len(begins)]

	parts := make([]listPart, len(begins))
	for i, begin := range begins {
		part := &parts[i]
		*part = listPart{file: file, path: path, list: list, begin: begin, end: math.MaxInt}
		part.config.Assignments = assignments[i*share : i*share : (i+1)*share]
		part.origins = map[string][]origin{"Assignments": origins[i*share : i*share : (i+1)*share]}
		if i > 0 {
			parts[i-1].end = begin
		}
	}
	return parts
}

// shareOf is for how many assignments each of n parts of a list has room.
func shareOf(list []byte, n int) int { return len(list)/typicalObject/n + 1 }

func (p *listPart) read() {
	at := p.begin
	for {
		end, ok := p.readObjectAt(at)
		if !ok {
			return
		}
		p.objects++
		at = afterBlank(p.list, end)
		switch byteAt(p.list, at) {
		case ',':
			if at = afterBlank(p.list, at+1); at >= p.end {
				p.whole = at == p.end
				return
			}
		case ']':
			p.whole = p.end == math.MaxInt && afterBlank(p.list, at+1) == len(p.list)
			return
		default:
			return
		}
	}
}

// readObjectAt adds the object that begins at a byte of the list, unless one before it was wrong. It returns where the object ends, and is
// not ok where there is no JSON.
func (p *listPart) readObjectAt(begin int) (end int, ok bool) {
	at := origin{file: p.file, list: p.path, index: p.objects, inList: true}
	head, exported, end, ok := p.plain.readAt(p.list, begin)
	if ok {
		if p.wrong == nil && p.addNamed(at, head, exported) != nil {
			p.setWrong(p.list[begin:end])
		}
		return end, true
	}
	object, err := nextValue(&p.decoder, &p.input, p.list[begin:])
	if err != nil {
		return 0, false
	}
	// In the list it has one level more.
	if len(object) >= deepLength && !jsontext.Value(slices.Concat([]byte("["), object, []byte("]"))).IsValid() {
		return 0, false
	}
	if p.wrong == nil && p.readAny(at, object) != nil {
		p.setWrong(object)
	}
	return begin + len(object), true
}

func (p *listPart) setWrong(object jsontext.Value) {
	p.wrong, p.wrongIndex = object, p.objects
}

// joins reports whether parts are those of a list.
func joins(parts []listPart) bool {
	for i := range parts {
		// Members of management groups have the indexes of their lists in the paths of others.
		if !parts[i].whole || i > 0 && len(parts[i].origins["ManagementGroups"]) > 0 {
			return false
		}
	}
	return true
}

// join adds what parts hold behind what im holds. An error is that of the first object that is wrong.
func (im *importer) join(parts []listPart) error {
	if slices.ContainsFunc(parts, func(part listPart) bool { return len(part.config.Assignments) > shareOf(part.list, len(parts)) }) {
		// A share was too small: what is added would lie over the next one.
		im.config.Assignments = slices.Clip(im.config.Assignments)
		im.origins["Assignments"] = slices.Clip(im.origins["Assignments"])
	}
	before := 0 // objects
	for i := range parts {
		part := &parts[i]
		if part.wrong != nil {
			return part.readAny(origin{file: part.file, list: part.path, index: before + part.wrongIndex, inList: true}, part.wrong)
		}
		im.add(&part.importer, before)
		before += part.objects
	}
	if len(im.config.Assignments) == 0 {
		im.config.Assignments = nil // the room is not needed
	}
	return nil
}

// add adds what part holds behind what im holds. So many objects of the list were before it.
func (im *importer) add(part *importer, before int) {
	for i, name := range part.scheduled { // of an assignment of the part
		im.setScheduled(len(im.config.Assignments)+i, name)
	}
	im.config.Roles = append(im.config.Roles, part.config.Roles...)
	im.config.Assignments = append(im.config.Assignments, part.config.Assignments...)
	im.config.DenyAssignments = append(im.config.DenyAssignments, part.config.DenyAssignments...)
	im.config.ManagementGroups = append(im.config.ManagementGroups, part.config.ManagementGroups...)
	for list, origins := range part.origins {
		if before > 0 {
			for i := range origins {
				origins[i].index += before
			}
		}
		im.origins[list] = append(im.origins[list], origins...)
	}
}
