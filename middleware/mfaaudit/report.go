package mfaaudit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// A Report is the list at one time.
type Report struct {
	// Records are those with the most calls first.
	Records []Record `json:"records"`
	// Unlisted is the number of calls by principals that the list had no room for.
	Unlisted int64 `json:"unlisted,omitempty"`
}

func (r *Report) sort() {
	slices.SortFunc(r.Records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Tenant, b.Tenant),
			strings.Compare(a.ObjectID, b.ObjectID), strings.Compare(a.Application, b.Application))
	})
}

// ServeHTTP answers the Report as JSON. It asks for no token: mount it behind authorization.
func (a *Audit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	body, err := json.Marshal(a.Report())
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodHead {
		w.Write(body) // the client is gone when this fails
	}
}

// WriteTable writes the Report for people to read: a line for each record, and below it the operations, why it would break, and what to
// move to. What is of foreign origin has no control characters in it.
func (r Report) WriteTable(w io.Writer) error {
	var rows bytes.Buffer
	table := tabwriter.NewWriter(&rows, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PRINCIPAL\tOBJECT ID\tTENANT\tKIND\tAPPLICATION\tCALLS\tFIRST\tLAST")
	for _, record := range r.Records {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n",
			cell(record.Name), cell(record.ObjectID), cell(record.Tenant), cell(string(record.Kind)), cell(record.Application),
			record.Count, record.First.UTC().Format(time.RFC3339), record.Last.UTC().Format(time.RFC3339))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	var out bytes.Buffer
	i := -1 // of the record that the row is of; the first row is the headings
	for row := range bytes.Lines(rows.Bytes()) {
		out.Write(row)
		if i >= 0 {
			r.Records[i].writeDetails(&out)
		}
		i++
	}
	if len(r.Records) == 0 {
		out.Reset()
		out.WriteString("Nobody has changed anything without multi-factor authentication.\n")
	}
	if r.Unlisted > 0 {
		fmt.Fprintf(&out, "%d calls of further principals are not listed: the list is full.\n", r.Unlisted)
	}
	_, err := w.Write(out.Bytes())
	return err
}

func (r *Record) writeDetails(w io.Writer) {
	var operations, why []string
	for _, o := range r.Operations {
		operations = append(operations, fmt.Sprintf("%s (%d)", cell(o.Action), o.Count))
	}
	if r.OtherOperations > 0 {
		operations = append(operations, fmt.Sprintf("others (%d)", r.OtherOperations))
	}
	for _, reason := range r.Why {
		why = append(why, cell(string(reason)))
	}
	fmt.Fprintf(w, "    operations: %s\n    why:        %s\n    move to:    %s\n",
		strings.Join(operations, ", "), strings.Join(why, "; "), cell(r.MoveTo))
}

// cell makes text fit for a terminal and a cell of the table: a file's or a token's must not move the cursor. Nothing is a dash.
func cell(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return unicode.ReplacementChar
		}
		return c
	}, s)
}
