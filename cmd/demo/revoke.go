package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
)

var revokeCommand = command{
	name:    "revoke",
	summary: "refuse the tokens that a sample principal has by now, or everybody in a directory tenant",
	about: "Revoke tells the gates of a running demo that the tokens of a sample principal, or of everybody in a directory tenant, do\n" +
		"not count any more, as when an account is disabled. Clients that understand claims challenges get themselves new ones.\n" +
		"A token has the second of its issue in it, so revoke ends with the second: tokens that are got after it count. What is\n" +
		"revoked stays so when a demo starts again with the same data directory.",
	define: func(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
		var o revokeOptions
		flags.StringVar(&o.name, "as", "", "revoke the tokens of the sample principal `NAME`")
		flags.BoolVar(&o.everybody, "everybody", false, "revoke the tokens of everybody in a directory tenant")
		flags.StringVar(&o.tenant, "tenant", "", "do so in the directory tenant `ID`, or the domain of one; without it in the principal's own, and with --everybody in the first")
		dataFlag(flags, &o.data)
		return func(ctx context.Context, _, _ io.Writer) error { return revoke(ctx, o) }
	},
}

// revokeOptions are the flags of demo revoke.
type revokeOptions struct {
	name      string
	everybody bool
	tenant    string // empty: the principal's own, or the first
	data      string
}

func (o revokeOptions) check() error {
	switch {
	case o.everybody && o.name != "":
		return usagef("--everybody: give either it or --as")
	case !o.everybody && o.name == "":
		return usagef("--as: is required without --everybody")
	}
	return nil
}

// whose tokens are revoked, in an installation.
func (o revokeOptions) whose(installation sample.Installation) (tenant, objectID string, err error) {
	if !o.everybody {
		p, err := findPrincipal(installation, o.name, o.tenant)
		return p.Tenant, p.ObjectID, err
	}
	var places []string
	for _, t := range installation.Tenants {
		if o.tenant == "" || strings.EqualFold(o.tenant, t.ID) || strings.EqualFold(o.tenant, t.Domain) {
			return t.ID, "", nil
		}
		places = append(places, fmt.Sprintf("%s (%s)", t.ID, t.Domain))
	}
	return "", "", usagef("--tenant: %q is none of %s", o.tenant, strings.Join(places, ", "))
}

func revoke(ctx context.Context, o revokeOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	dir, err := openData(o.data, datadir.Open)
	if err != nil {
		return err
	}
	demo, err := findRunning(ctx, dir)
	switch {
	case err != nil:
		return err
	case demo.Administration == "":
		return fmt.Errorf("the demo at %s has no administrator's side", demo.URL)
	}
	tenant, objectID, err := o.whose(installationOf(demo.Provider))
	if err != nil {
		return err
	}
	event := map[string]string{}
	if objectID != "" {
		event["objectId"] = objectID
	}
	content, err := json.Marshal(event)
	if err != nil {
		return err
	}
	response, err := demo.administer(ctx, dir, http.MethodPost, "/tenants/"+tenant+"/revoke", bytes.NewReader(content))
	if err != nil {
		return err
	}
	response.Body.Close()
	// What is issued in the same second is refused as well, and it would be the next command's token.
	select {
	case <-time.After(time.Until(time.Now().Truncate(time.Second).Add(time.Second))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
