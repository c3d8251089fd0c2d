package rbac

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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

// elements returns the elements of a list, which are parts of it, and not ok where it is none or no JSON: unmarshal says what is
// wrong then.
func elements(list []byte) (elements []jsontext.Value, ok bool) {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(list))
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '[' {
		return nil, false
	}
	for decoder.PeekKind() != ']' {
		element, err := decoder.ReadValue()
		if err != nil {
			return nil, false
		}
		end := int(decoder.InputOffset())
		elements = append(elements, list[end-len(element):end:end])
	}
	if _, err := decoder.ReadToken(); err != nil {
		return nil, false
	}
	_, err := decoder.ReadToken()
	return elements, err == io.EOF
}
