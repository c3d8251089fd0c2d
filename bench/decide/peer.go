package decide

// A Peer is a library in one configuration.
type Peer struct {
	// Name is for the results: no blanks and no slashes.
	Name string
	// Module is the path of the library's module.
	Module string
	// Most is the largest number of assignments that it is measured with.
	Most int
	// New makes it ready for a workload.
	New func(*Workload) (Decider, error)
}

// A Decider answers whether the workload's caller may do its i-th operation.
type Decider func(i int) (bool, error)

// Peers returns Hubgate's engine, with and without the look-up of the caller's set, and the others.
func Peers() []Peer { return []Peer{hubgate, hubgateCheck, openPolicyAgent, cedarPeer, casbinPeer} }
