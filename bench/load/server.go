package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"time"
)

// A Server is a process that serves. It tells where once it does, and what it has used whenever it is asked: each is a line of JSON on its
// standard output, and each empty line on its standard input is a question. It ends with its standard input.
type Server struct {
	Hello

	process *exec.Cmd
	input   io.WriteCloser
	output  *json.Decoder
	log     bytes.Buffer
}

// A Hello is the first line of a server.
type Hello struct {
	// Address is host and port.
	Address string `json:"address"`
	// Path is what the tokens' principal may read.
	Path string `json:"path"`
	// Tokens are by the number of their groups.
	Tokens map[int]string `json:"tokens"`
}

// A Usage is the answer to a question: what the process has used since its start.
type Usage struct {
	Processor time.Duration `json:"processor"` // user and system, in nanoseconds
	Requests  int64         `json:"requests"`
}

// Start starts a program as a server and waits until it serves. ctx ends it.
func Start(ctx context.Context, program string, args ...string) (*Server, error) {
	s := &Server{process: exec.CommandContext(ctx, program, args...)}
	s.process.Stderr = &s.log
	var err error
	if s.input, err = s.process.StdinPipe(); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	output, err := s.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	s.output = json.NewDecoder(output)
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	if err := s.output.Decode(&s.Hello); err != nil {
		return nil, fmt.Errorf("load: %s: %w", program, errors.Join(err, s.Close()))
	}
	return s, nil
}

// Usage asks what the server has used.
func (s *Server) Usage() (Usage, error) {
	var usage Usage
	if _, err := io.WriteString(s.input, "\n"); err != nil {
		return usage, fmt.Errorf("load: %w", err)
	}
	if err := s.output.Decode(&usage); err != nil {
		return usage, fmt.Errorf("load: %w", err)
	}
	return usage, nil
}

// Request is a request that the server answers, with a token with so many groups, as it is sent.
func (s *Server) Request(groups int) ([]byte, error) {
	r, err := http.NewRequest(http.MethodGet, "http://"+s.Address+s.Path+"?api-version=2019-07-01", nil)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Tokens[groups])
	r.Header.Set("Accept", "application/json")
	var request bytes.Buffer
	if err := r.Write(&request); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	return request.Bytes(), nil
}

// Close ends the server and waits for it.
func (s *Server) Close() error {
	s.input.Close()
	if err := s.process.Wait(); err != nil {
		return fmt.Errorf("load: %s: %w: %s", s.process.Path, err, s.log.Bytes())
	}
	return nil
}
