package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/middleware/mfaaudit"
)

var mfaReportCommand = command{
	name:    "mfa-report",
	summary: "list who would break when multi-factor authentication is enforced",
	about: "Mfa-report lists who has changed something without multi-factor authentication while demo serve --mfa audit ran: what\n" +
		"they did, why it would break with --mfa enforce, and what to move to. It asks the demo that runs, in the name of\n" +
		"operations, and reads the file when none does.",
	define: func(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
		var output, file, data string
		flags.StringVar(&output, "output", "text", "write `FORMAT` text or json")
		flags.StringVar(&file, "mfa-audit", "", "read the `FILE` of demo serve --mfa-audit and ask no demo; without it the one in the data directory")
		dataFlag(flags, &data)
		return func(ctx context.Context, stdout, _ io.Writer) error {
			return printMFAReport(ctx, output, file, data, stdout)
		}
	},
}

func printMFAReport(ctx context.Context, output, file, data string, stdout io.Writer) error {
	if output != "text" && output != "json" {
		return usagef("--output: %q is neither text nor json", output)
	}
	dir, err := openData(data, datadir.Open)
	if err != nil {
		return err
	}
	report, err := mfaReport(ctx, file, dir)
	if err != nil {
		return err
	}
	if output == "json" {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	return report.WriteTable(stdout)
}

func mfaReport(ctx context.Context, file string, dir *datadir.Dir) (mfaaudit.Report, error) {
	demo, err := readRunning(dir)
	if file == "" && err == nil && demo.MFAAudit != "" && demo.alive(ctx, dir) {
		if demo.Administration != "" {
			return demo.mfaReport(ctx, dir)
		}
		file = demo.MFAAudit
	}
	file = cmp.Or(file, dir.File(mfaAuditFile))
	report, err := mfaaudit.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return report, fmt.Errorf("there is no list at %s: demo serve --mfa audit makes one", file)
	}
	return report, err
}

// mfaReport asks the demo that runs.
func (r running) mfaReport(ctx context.Context, dir *datadir.Dir) (mfaaudit.Report, error) {
	var report mfaaudit.Report
	response, err := r.administer(ctx, dir, http.MethodGet, "/mfareports/current", nil)
	if err != nil {
		return report, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&report); err != nil {
		return report, fmt.Errorf("%s: %w", response.Request.URL, err)
	}
	return report, nil
}

// administer calls the administration of the gates, as the sample application that may.
func (r running) administer(ctx context.Context, dir *datadir.Dir, method, path string, content io.Reader) (*http.Response, error) {
	installation := installationOf(r.Provider)
	operations, err := findPrincipal(installation, "operations", "")
	if err != nil {
		return nil, err
	}
	credentials, err := sample.OpenCredentials(dir, installation)
	if err != nil {
		return nil, err
	}
	client, err := newClient(dir)
	if err != nil {
		return nil, err
	}
	token, err := r.tokenFor(ctx, client, operations, credentials.Secret(operations), r.AdminAudience)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, r.Administration+path+"?api-version=2021-04-01", content)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		defer response.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10))
		return nil, fmt.Errorf("%s: status %d: %s", request.URL, response.StatusCode, text)
	}
	return response, nil
}
