package graph

import (
	"slices"
	"strings"
)

// answerWeight is what an answer and its place in the cache take without the groups, in bytes.
const answerWeight = 500

func (a *answer) weight() uint32 {
	bytes := answerWeight
	for _, group := range a.groups {
		bytes += len(group) + 16
	}
	return uint32(bytes)
}

// compact answers ids in order, each once, and as parts of one string.
func compact(ids []string) []string {
	slices.Sort(ids)
	ids = slices.Clip(slices.Compact(ids))
	text := strings.Join(ids, "")
	for i, id := range ids {
		ids[i], text = text[:len(id)], text[len(id):]
	}
	return ids
}
