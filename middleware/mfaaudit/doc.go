// Package mfaaudit keeps the list of those who break on the day that multi-factor authentication is enforced: users, above all users in
// unattended automation, who change things with a token that does not show it. The gate of package middleware writes the list in mode
// audit; its own evaluation decides what is listed, so that the list has exactly the calls that mode enforce would refuse.
//
// An [Audit] has one [Record] for each principal and client application: what it is, which operations it asked for and how often, why it
// would break, and what to move to. It is an http.Handler that answers the [Report] as JSON. The report names people of all
// subscriptions and what they do, so mount it where reading needs a role at the scope "/":
//
//	r.With(gate.Authorize).Handle("/providers/hubgate.admin/mfareports/current", audit)
//
// [Report.WriteTable] writes the same as text, and [Read] reads the file of an Audit without it.
//
// # The file
//
// Records are appended to Config.File, one JSON object a line, a second after they change at the latest. The last line of a principal and
// application counts. When what is out of date outweighs the rest, and at each start, the file is written anew. It is for its owner alone
// (mode 0600). What the last second before a crash has counted is lost.
//
// One Audit at a time writes it, and [New] refuses another one: it holds a lock (flock) on the file Config.File + ".lock", which
// stays behind empty. On Windows, and wherever else there is no flock, nobody is refused: see to it that no two processes have the same.
// Reading takes no lock.
package mfaaudit
