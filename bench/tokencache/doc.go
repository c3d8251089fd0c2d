// Package tokencache has what a cache of verified tokens could be made of, side by side: openid's is made of otter.
//
// Three things matter. A request with a known token costs a hit. A flood of tokens that are asked for once must not push out those that
// are asked for again and again, because whoever can get many tokens could make every request of the others a verification. And it is
// bounded in bytes, because a token in 200 groups takes many times what one in five takes.
package tokencache
