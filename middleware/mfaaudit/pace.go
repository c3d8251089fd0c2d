package mfaaudit

import "time"

// The pace of a machine. A run is a row of writes with at most runGap between one and the next, so that a job that makes several
// writes each time counts once a time. It is a machine
//   - when a run has runLength writes: a person pauses; and
//   - when the last regularRuns runs began at regular intervals, each within a tenth of their mean: a person has no timer.
const (
	runGap      = time.Minute
	runLength   = 30
	regularRuns = 6
)

// A pace watches the writes of one principal and application.
type pace struct {
	last   time.Time // write
	length int       // of the current run
	// starts are when the last runs began, the current one last.
	starts [regularRuns]time.Time
	runs   int // how many there have been, up to regularRuns
}

// write takes in a write and reports whether the pace is a machine's.
func (p *pace) write(now time.Time) bool {
	begins := p.runs == 0 || now.Sub(p.last) > runGap
	p.last = now
	if !begins {
		p.length++
		return p.length >= runLength
	}
	p.length = 1
	copy(p.starts[:], p.starts[1:])
	p.starts[regularRuns-1] = now
	p.runs = min(p.runs+1, regularRuns)
	return p.runs == regularRuns && p.regular()
}

func (p *pace) regular() bool {
	mean := p.starts[regularRuns-1].Sub(p.starts[0]) / (regularRuns - 1)
	for i := 1; i < regularRuns; i++ {
		if off := p.starts[i].Sub(p.starts[i-1]) - mean; off.Abs() > mean/10 {
			return false
		}
	}
	return true
}
