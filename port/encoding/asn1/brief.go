//go:build tinynetport

package asn1

import "strconv"

// text is what fmt prints of it with %+v.
func (t tagAndLength) text() string {
	return "{class:" + strconv.Itoa(t.class) + " tag:" + strconv.Itoa(t.tag) + " length:" + strconv.Itoa(t.length) +
		" isCompound:" + strconv.FormatBool(t.isCompound) + "}"
}

// text is what fmt prints of it with %+v, but that numbers which may be absent are
// printed themselves, not where they are.
func (p fieldParameters) text() string {
	tag, byDefault := "<nil>", "<nil>"
	if p.tag != nil {
		tag = strconv.Itoa(*p.tag)
	}
	if p.defaultValue != nil {
		byDefault = strconv.FormatInt(*p.defaultValue, 10)
	}
	text := "{"
	for _, flag := range []struct {
		name string
		set  bool
	}{{"optional", p.optional}, {"explicit", p.explicit}, {"application", p.application}, {"private", p.private}} {
		text += flag.name + ":" + strconv.FormatBool(flag.set) + " "
	}
	return text + "defaultValue:" + byDefault + " tag:" + tag +
		" stringType:" + strconv.Itoa(p.stringType) + " timeType:" + strconv.Itoa(p.timeType) +
		" set:" + strconv.FormatBool(p.set) + " omitEmpty:" + strconv.FormatBool(p.omitEmpty) + "}"
}
