package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
)

var revokeCommand = command{
	name:    "revoke",
	summary: "refuse the tokens that a sample principal has by now",
	about: "Revoke tells the gates of a running demo that the tokens of a sample principal do not count any more, as when an account\n" +
		"is disabled. Clients that understand claims challenges get themselves new ones. It counts until the demo ends.",
	define: func(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
		var name, tenant, data string
		flags.StringVar(&name, "as", "", "revoke the tokens of the sample principal `NAME`")
		flags.StringVar(&tenant, "tenant", "", "do so in the directory tenant `ID`, or the domain of one; without it in the principal's own")
		dataFlag(flags, &data)
		return func(ctx context.Context, _, _ io.Writer) error { return revoke(ctx, name, tenant, data) }
	},
}

func revoke(ctx context.Context, name, tenant, data string) error {
	if err := checkName(name, sample.ADFS(), sample.Entra()); err != nil {
		return err
	}
	dir, err := openData(data, datadir.Open)
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
	principal, err := findPrincipal(installationOf(demo.Provider), name, tenant)
	if err != nil {
		return err
	}
	event, err := json.Marshal(map[string]string{"objectId": principal.ObjectID})
	if err != nil {
		return err
	}
	response, err := demo.administer(ctx, dir, http.MethodPost, "/tenants/"+principal.Tenant+"/revoke", bytes.NewReader(event))
	if err != nil {
		return err
	}
	return response.Body.Close()
}
