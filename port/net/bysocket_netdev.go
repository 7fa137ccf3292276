//go:build tinynetport

package net

// bySocket has what belongs to the sockets of a device, by number. There are few, so
// it is a list: a program that has no map itself links none, which is 1.7 kB on a board.
type bySocket[T any] []bySocketOne[T]

type bySocketOne[T any] struct {
	num int
	v   *T
}

// get returns nil for a number that is not there.
func (l bySocket[T]) get(num int) *T {
	for _, one := range l {
		if one.num == num {
			return one.v
		}
	}
	return nil
}

// set puts v in the place of what the number has; nil takes that out.
func (l *bySocket[T]) set(num int, v *T) {
	for i := range *l {
		if (*l)[i].num != num {
			continue
		}
		if v == nil {
			last := len(*l) - 1
			(*l)[i] = (*l)[last]
			(*l)[last] = bySocketOne[T]{}
			*l = (*l)[:last]
		} else {
			(*l)[i].v = v
		}
		return
	}
	if v != nil {
		*l = append(*l, bySocketOne[T]{num, v})
	}
}
