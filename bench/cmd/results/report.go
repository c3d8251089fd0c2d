package main

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"hubgate.example/bench/decide"
	"hubgate.example/bench/gate"
	"hubgate.example/bench/tokencache"
	"hubgate.example/bench/verify"
)

// A report is Markdown.
type report struct{ strings.Builder }

func (r *report) line(format string, args ...any) { fmt.Fprintf(r, format+"\n", args...) }

// table writes a table and the empty line after it.
func (r *report) table(header []string, rows [][]string) {
	r.row(header)
	r.row(slices.Repeat([]string{"---"}, len(header)))
	for _, row := range rows {
		r.row(row)
	}
	r.line("")
}

func (r *report) row(cells []string) { r.line("| %s |", strings.Join(cells, " | ")) }

func (m *measurement) report() string {
	r := new(report)
	r.line("# Results\n")
	r.line("`go run ./cmd/results` writes this file. \"The limit\" is one verification of the same token's signature by crypto/rsa, RSA-2048")
	r.line("with SHA-256, in the same round. Ratios are of one round, and what is written is the median over the rounds, with the least and the")
	r.line("greatest in parentheses where they tell something.\n")
	if m.plan.quick {
		r.line("**This run was a quick one, which shows that nearly everything works: its numbers mean nothing.**\n")
	}
	m.writeMachine(r)
	m.writeTargets(r)
	m.writeVerification(r)
	m.writeGate(r)
	m.writeLoad(r)
	m.writeFlat(r)
	m.writeDecisions(r)
	m.writeTokenCaches(r)
	m.writeMemory(r)
	return r.String()
}

func (m *measurement) writeMachine(r *report) {
	r.line("## Where and with what\n")
	rows := [][]string{
		{"date", m.machine.date.Format(time.DateOnly)},
		{"commit", m.machine.commit},
		{"processor", fmt.Sprintf("%s, %d cores", m.machine.processor, m.machine.cores)},
		{"memory", m.machine.memory},
		{"system", "Linux " + m.machine.kernel},
		{"load average before, of 1, 5 and 15 minutes", m.machine.load},
		{"took", m.took.Round(time.Second).String()},
		{"Go", runtime.Version()},
	}
	var modules []string
	for _, peer := range verify.Peers() {
		modules = append(modules, peer.Module)
	}
	for _, peer := range decide.Peers() {
		modules = append(modules, peer.Module)
	}
	for _, peer := range tokencache.Peers() {
		modules = append(modules, peer.Module)
	}
	slices.Sort(modules)
	for _, module := range slices.Compact(modules) {
		if version := m.machine.versions[module]; module != "hubgate.example" && module != "" {
			rows = append(rows, []string{module, version})
		}
	}
	r.table([]string{"", ""}, rows)
}

func (m *measurement) writeVerification(r *report) {
	r.line("## Verifying a token\n")
	r.line("Each peer checks RS256 alone, issuer, audience and expiry, takes its key from memory, and answers object id and groups.")
	r.line("It allows %.0f min of leeway, except those whose leeway is fixed and none for exp: %s.\n",
		verify.Leeway.Minutes(), strings.Join(fixedLeeways(), ", "))
	for _, groups := range tokenGroups {
		r.line("### %d groups\n", groups)
		name := func(peer string) string { return verifyName(groups, peer) }
		rows := [][]string{{
			"the limit", "1", "1", duration(median(m.benchmarks.time(name("limit")))), duration(median(m.benchmarks.time(name("limit") + "-2"))),
			number(m.benchmarks.allocations(name("limit"))),
		}}
		for _, peer := range verify.Peers() {
			serial, parallel := name(peer.Name), name(peer.Name)+"-2"
			rows = append(rows, []string{
				peer.Name,
				spread(ratios(m.benchmarks.time(serial), m.benchmarks.time(name("limit"))), number),
				spread(ratios(m.benchmarks.time(parallel), m.benchmarks.time(name("limit")+"-2")), number),
				duration(median(m.benchmarks.time(serial))),
				duration(median(m.benchmarks.time(parallel))),
				number(m.benchmarks.allocations(serial)),
			})
		}
		r.table([]string{"", "ratio to the limit, serial", "on two cores", "time, serial", "on two cores", "allocations"}, rows)
	}
	r.line("What each lets through of the forgeries that `openidtest` knows, because it has no such check or leaves it to its caller:\n")
	var rows [][]string
	for _, peer := range verify.Peers() {
		rows = append(rows, []string{peer.Name, strings.Join(slices.Sorted(slices.Values(peer.Accepts)), ", ")})
	}
	r.table([]string{"", "lets through"}, rows)
}

// fixedLeeways are the peers whose leeway cannot be set, with what they allow for nbf.
func fixedLeeways() []string {
	var leeways []string
	for _, peer := range verify.Peers() {
		if peer.FixedLeeway != 0 {
			leeways = append(leeways, fmt.Sprintf("%s (for nbf %.0f min)", peer.Name, peer.FixedLeeway.Minutes()))
		}
	}
	return leeways
}

func verifyName(groups int, peer string) string {
	return fmt.Sprintf("Verify/groups=%d/peer=%s", groups, peer)
}

func (m *measurement) writeGate(r *report) {
	r.line("## The whole gate, in one process\n")
	r.line("What the middleware adds to an empty handler, with 100,000 role assignments. gate-warm has the same request again and again,")
	r.line("gate-warm-new-paths each time one for another path, out of more than the gate remembers.\n")
	var rows [][]string
	for _, peer := range []string{"authenticate-warm", "gate-warm", "gate-warm-new-paths", "gate-cold"} {
		for _, groups := range tokenGroups {
			added, allocations := m.gate(groups, peer)
			rows = append(rows, []string{
				peer, fmt.Sprint(groups), spread(added, percent), duration(median(m.benchmarks.time(gateName(groups, peer)))), number(allocations),
			})
		}
	}
	r.table([]string{"", "groups", "of the limit", "time", "allocations"}, rows)
}

func gateName(groups int, peer string) string {
	return fmt.Sprintf("Gate/groups=%d/peer=%s", groups, peer)
}

// gate is what a gate adds to an empty handler, as parts of the limit and in allocations.
func (m *measurement) gate(groups int, peer string) (added []float64, allocations float64) {
	none := gateName(groups, gate.None)
	added = ratios(
		differences(m.benchmarks.time(gateName(groups, peer)), m.benchmarks.time(none)),
		m.benchmarks.time(gateName(groups, "limit")),
	)
	return added, m.benchmarks.allocations(gateName(groups, peer)) - m.benchmarks.allocations(none)
}

func (m *measurement) writeLoad(r *report) {
	r.line("## Under load\n")
	r.line("A server process of its own on the loopback interface, %d connections, %d requests a round, beside the same server without a gate and",
		m.plan.loadConnections, m.plan.loadRequests)
	r.line("with the same header. The generator shares the machine's cores with it. Hubgate's gate decides about access too; the others verify the token.")
	r.line("signature-alone verifies its signature by crypto/rsa and looks at nothing else, which is no gate, and what none that is cold can go below.\n")
	for _, groups := range tokenGroups {
		r.line("### %d groups\n", groups)
		none := loaded{gate.None, groups}
		var rows [][]string
		for _, peer := range gate.Peers() {
			what := loaded{peer.Name, groups}
			rows = append(rows, []string{
				peer.Name,
				spread(ratios(m.load.processor[what], m.load.processor[none]), number),
				duration(median(m.load.processor[what])),
				spread(ratios(m.load.rate[what], m.load.rate[none]), number),
				number(median(m.load.rate[what])),
			})
		}
		r.table([]string{"", "processor time for a request, ratio to none", "processor time", "requests a second, ratio to none", "requests a second"}, rows)
	}
}

func (m *measurement) writeFlat(r *report) {
	r.line("## Flat\n")
	r.line("The time of a request through the whole gate, and the ratio of the most to the fewest.\n")
	var rows [][]string
	for _, d := range dimensions {
		for _, cache := range []string{"warm", "cold"} {
			row := []string{d.what, cache}
			var times []string
			for _, n := range d.sizes {
				times = append(times, fmt.Sprintf("%d: %s", n, duration(median(m.benchmarks.time(d.name(n, cache))))))
			}
			rows = append(rows, append(row, strings.Join(times, ", "), spread(m.growth(d, cache), number)))
		}
	}
	r.table([]string{"", "", "time", "most to fewest"}, rows)
}

// A dimension is something of which there may be many.
type dimension struct {
	benchmark, what string
	sizes           []int
}

var dimensions = []dimension{
	{"Tenants", "tenants", []int{1, 100, 10_000}},
	{"Keys", "keys", []int{2, 20, 200}},
	{"Providers", "providers", []int{1, 5, 20}},
	{"Assignments", "assignments", decide.Sizes},
}

func (d dimension) name(n int, cache string) string {
	return fmt.Sprintf("%s/%s=%d/cache=%s", d.benchmark, d.what, n, cache)
}

// growth is the ratio of the time with the most to that with the fewest.
func (m *measurement) growth(d dimension, cache string) []float64 {
	return ratios(m.benchmarks.time(d.name(d.sizes[len(d.sizes)-1], cache)), m.benchmarks.time(d.name(d.sizes[0], cache)))
}

func (m *measurement) writeDecisions(r *report) {
	r.line("## Deciding about access\n")
	r.line("One decision for a caller in 200 groups with 1,000 role assignments. hubgate-check is the decision alone, hubgate has the look-up of the")
	r.line("caller's set before it, as in the gate.\n")
	header := []string{""}
	for _, n := range decide.Sizes {
		header = append(header, fmt.Sprintf("%d assignments", n))
	}
	header = append(header, "hot scope, of others", "hot scope, of the caller", "allocations")
	var rows [][]string
	for _, peer := range decide.Peers() {
		row := []string{peer.Name}
		for _, n := range decide.Sizes {
			row = append(row, spread(m.benchmarks.time(decideName(n, peer.Name)), duration))
		}
		for _, holder := range []string{"others", "caller"} {
			row = append(row, spread(m.benchmarks.time(hotScopeName(holder, peer.Name)), duration))
		}
		rows = append(rows, append(row, number(m.benchmarks.allocations(decideName(min(peer.Most, 100_000), peer.Name)))))
	}
	r.table(header, rows)
	r.line("The set of such a caller, and a policy. What a set leaves behind makes the garbage collector look through the whole policy now and then:")
	r.line("on one core that is a part of what building it takes, on two most of it is another core's work.\n")
	rows = nil
	for _, n := range decide.Sizes {
		rows = append(rows, []string{
			fmt.Sprint(n),
			spread(m.benchmarks.time(resourceSetName(n)), duration),
			spread(m.benchmarks.time(resourceSetName(n)+"-2"), duration),
			spread(m.benchmarks.time(policyName(n)), duration),
			number(median(m.benchmarks[policyName(n)]["B/assignment"])),
		})
	}
	r.table([]string{"assignments", "building the set, on one core", "on two", "compiling the policy", "bytes for each assignment"}, rows)
}

func decideName(n int, peer string) string {
	return fmt.Sprintf("Decide/assignments=%d/peer=%s", n, peer)
}

func hotScopeName(holder, peer string) string {
	return fmt.Sprintf("HotScope/holder=%s/peer=%s", holder, peer)
}

func resourceSetName(n int) string { return fmt.Sprintf("ResourceSet/assignments=%d", n) }

func policyName(n int) string { return fmt.Sprintf("Policy/assignments=%d", n) }

func (m *measurement) writeTokenCaches(r *report) {
	r.line("## What the cache of tokens is made of\n")
	r.line("Of 100,000 remembered tokens, one that is found; and how many requests with 10,000 regular tokens find them in a cache for 20,000")
	r.line("while four times as many tokens come that are seen once. openid needs all three: a quick hit on many cores at once, regular tokens that")
	r.line("a flood does not push out, and a bound in bytes, so it uses otter. map-and-mutex is the least that one could write.\n")
	var rows [][]string
	for _, peer := range tokencache.Peers() {
		weighs := "no"
		if peer.Weighs {
			weighs = "yes"
		}
		rows = append(rows, []string{
			peer.Name,
			spread(m.benchmarks.time(hitName(peer.Name)), duration),
			spread(m.benchmarks.time(hitName(peer.Name)+"-2"), duration),
			number(m.benchmarks.allocations(hitName(peer.Name))),
			spread(m.benchmarks[floodName(peer.Name)]["%found"], percents),
			weighs,
		})
	}
	r.table([]string{"", "a hit, serial", "on two cores", "allocations", "found under a flood", "bounded in bytes"}, rows)
}

func hitName(peer string) string { return "Hit/peer=" + peer }

func floodName(peer string) string { return "Flood/peer=" + peer }

func (m *measurement) writeMemory(r *report) {
	r.line("## Memory and start\n")
	rows := [][]string{}
	for _, lists := range []string{"equal", "distinct"} {
		rows = append(rows, []string{
			fmt.Sprintf("100,000 tokens of principals in 20 groups each, %s lists, with MaxCacheBytes at 256 MiB", lists),
			m.memory(lists),
		})
	}
	rows = append(rows,
		[]string{"the demo's first start, to its first answer (401)", spread(m.start.first, duration)},
		[]string{"a later start with sample data (200)", spread(m.start.again, duration)},
		[]string{
			fmt.Sprintf("with %d imported role assignments, a file of %s; %d starts", m.plan.imported, megabytes(float64(m.start.importBytes)), len(m.start.imported)),
			spread(m.start.imported, duration),
		},
	)
	r.table([]string{"", ""}, rows)
}

// memory is what remembered tokens take, and how many of them are remembered.
func (m *measurement) memory(lists string) string {
	bytes := m.remembered(lists)
	if math.IsNaN(bytes) {
		return "–"
	}
	return fmt.Sprintf("%s, %s remembered", megabytes(bytes), percents(median(m.benchmarks[memoryName(lists)]["%remembered"])))
}

// remembered is the memory of 100,000 remembered tokens, in bytes.
func (m *measurement) remembered(lists string) float64 {
	return median(m.benchmarks[memoryName(lists)]["heap-B"])
}

func memoryName(lists string) string { return fmt.Sprintf("Memory/groups=%s-2", lists) }

func megabytes(bytes float64) string {
	if math.IsNaN(bytes) {
		return "–"
	}
	return number(bytes/1e6) + " MB"
}
