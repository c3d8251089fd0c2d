package sample

import "fmt"

// projectCount is how many project groups there are: more than the 200 that a token holds.
const projectCount = 250

// projects are groups for who is in more of them than a token holds.
func projects() []Group {
	all := make([]Group, projectCount)
	for i := range all {
		all[i] = Group{Name: projectName(i + 1), ObjectID: fmt.Sprintf("9d3e7b52-4c18-4f60-8a95-%012d", i+1)}
	}
	return all
}

func projectNames() []string {
	var names []string
	for _, group := range projects() {
		names = append(names, group.Name)
	}
	return names
}

func projectName(n int) string { return fmt.Sprintf("project-%03d", n) }
