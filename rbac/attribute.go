package rbac

// An AttributeSource says whose attribute a condition asks for.
type AttributeSource uint8

// The attribute sources, as conditions write them: @Resource, @Request, @Principal, @Environment.
const (
	ResourceAttribute AttributeSource = iota + 1
	RequestAttribute
	PrincipalAttribute
	EnvironmentAttribute
)

// Attributes answer what conditions ask. They are called while an operation is checked, so they answer from memory.
type Attributes interface {
	// Attribute returns the values of an attribute in text form: numbers in decimal, booleans as true and false, times in
	// RFC 3339, GUIDs with or without dashes. Name is what the condition has between its brackets, such as
	// Microsoft.Storage/storageAccounts/blobServices/containers:name, and counts in any case. An attribute that is missing, or
	// has no value, makes a comparison false.
	Attribute(source AttributeSource, name string) (values []string)
}
