// Package guess finds what a user may have meant by a name that does not exist.
package guess

import "strings"

// DidYouMean is the end of an error: `; did you mean X?` for the name that is nearest, or
// nothing if none is near.
func DidYouMean(word string, names []string) string {
	if name := Nearest(word, names); name != "" {
		return "; did you mean " + name + "?"
	}
	return ""
}

// Nearest is the name that word differs from in the fewest letters, or "". In a short
// word, two are too many. Of two that are as near it is the longer one, since letters are
// left out more often than put in.
func Nearest(word string, names []string) (best string) {
	word = strings.ToLower(word)
	least := 1
	if len(word) > 4 {
		least = 2
	}
	for _, name := range names {
		d := distance(word, strings.ToLower(name))
		if d < least || d == least && len(name) > len(best) {
			best, least = name, d
		}
	}
	return best
}

// distance is how many letters have to be put in, left out, changed, or changed over with
// the next one to make one word of the other (the optimal string alignment distance).
func distance(a, b string) int {
	var rows [3][]int // the last two, and the present one
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
	}
	for j := range rows[2] {
		rows[2][j] = j
	}
	for i := 1; i <= len(a); i++ {
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
		now, last := rows[2], rows[1]
		now[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], rows[0][j-2]+1)
			}
		}
	}
	return rows[2][len(b)]
}
