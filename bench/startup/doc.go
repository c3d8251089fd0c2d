// Package startup takes the time from the start of the demo's process to its first answer.
package startup
