package rbac

// Eight bytes are looked at at once in one word: ones has 1 in each of them, and tops the top bit. As long as all are ASCII no sum has a
// carry, and tops-x has the top bit of just those bytes that are zero in x.
const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// eightBytes are the first eight of s, the first one lowest.
func eightBytes(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// unseen answers the top bit of each byte that is a blank, a control character or not ASCII. Where one is not ASCII, the others may have it
// or not.
func unseen(w uint64) uint64 { return (w | ^(w + ones*(0x80-'!')) | (w + ones)) & tops }

// hexDigits answers the top bit of each byte that is a hexadecimal digit of either case, and nothing where one is not ASCII.
func hexDigits(w uint64) uint64 {
	if w&tops != 0 {
		return 0
	}
	lower := w | ones*('a'-'A')
	digits := (w + ones*(0x80-'0')) &^ (w + ones*(0x80-'9'-1))
	letters := (lower + ones*(0x80-'a')) &^ (lower + ones*(0x80-'f'-1))
	return (digits | letters) & tops
}
