package rbac

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// unmarshal reads value, which is at path in its file. None of its members may repeat. Their names count in any case: a
// Condition must not pass for an unknown member.
func unmarshal(path string, value jsontext.Value, into any) error {
	err := json.Unmarshal(value, into, json.MatchCaseInsensitiveNames(true))
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return inPath(joinPointer(path, syntactic.JSONPointer), fmt.Errorf("invalid JSON at byte %d: %w", syntactic.ByteOffset, syntactic.Err))
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		kind := map[jsontext.Kind]string{'{': "object", '[': "list"}[semantic.JSONKind]
		if kind == "" {
			kind = semantic.JSONKind.String()
		}
		return inPath(joinPointer(path, semantic.JSONPointer), fmt.Errorf("unexpected JSON %s", kind))
	}
	return err
}

// joinPointer writes a JSON pointer as a path.
func joinPointer(path string, pointer jsontext.Pointer) string {
	for token := range pointer.Tokens() {
		if _, err := strconv.Atoi(token); err == nil {
			path += "[" + token + "]"
		} else {
			path = joinPath(path, token)
		}
	}
	return path
}

// deepLength is the shortest value in bytes that can have as many levels as jsontext reads, which are 10,000: it is too short for one of
// them to open and close.
const deepLength = 2*10_000 - 2

// nextValue reads the value that data begins with. The decoder is made when there is none; it and the input can be used again.
func nextValue(decoder **jsontext.Decoder, input *bytes.Buffer, data []byte) (jsontext.Value, error) {
	*input = *bytes.NewBuffer(data)
	if *decoder == nil {
		*decoder = jsontext.NewDecoder(input)
	} else {
		(*decoder).Reset(input)
	}
	return (*decoder).ReadValue()
}
