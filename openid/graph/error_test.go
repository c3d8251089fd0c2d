package graph_test

import (
	"testing"

	"hubgate.example/openid/graph"
)

func TestError(t *testing.T) {
	for want, err := range map[string]error{
		"graph: principal not found":         &graph.Error{Err: graph.ErrNotFound},
		"graph: groups unavailable: no bars": &graph.Error{Err: graph.ErrUnavailable, Detail: "no bars"},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}
