package mfaaudit

import (
	"os"
	"path/filepath"
	"testing"
)

// After an append that failed, which may have left half a line, the whole file is written.
func TestFailedAppend(t *testing.T) {
	f := &file{path: filepath.Join(t.TempDir(), "audit.jsonl")}
	defer f.close()
	record := Record{Tenant: "t", ObjectID: "o", Count: 1, Why: []Reason{NoMFA}}
	if err := f.write([]Record{record}, 0); err != nil || f.rewrites() {
		t.Fatalf("write = %v, the next one is whole: %v", err, f.rewrites())
	}
	f.close()
	var err error
	if f.appending, err = os.Open(f.path); err != nil { // for reading only
		t.Fatal(err)
	}
	if err := f.write([]Record{record}, 0); err == nil || !f.rewrites() {
		t.Fatalf("write = %v, the next one is whole: %v", err, f.rewrites())
	}
	record.Count = 2
	if err := f.write([]Record{record}, 3); err != nil || f.rewrites() {
		t.Fatalf("write = %v, the next one is whole: %v", err, f.rewrites())
	}
	if report, err := Read(f.path); err != nil || len(report.Records) != 1 || report.Records[0].Count != 2 || report.Unlisted != 3 {
		t.Errorf("Read = %+v, %v", report, err)
	}
}
