//go:build tinynetport && baremetal

package time

// textOf is t.Format("2006-01-02 15:04:05.999999999 -0700 MST"), with which Time.String
// begins. Package time formats a time of any layout for it, in 3 kB, and each program
// with a certificate has it, for a panic prints what it is given.
func textOf(t Time) string {
	var b []byte
	number := func(v, digits int) {
		unit := 1
		for ; digits > 1 || v/unit >= 10; digits-- {
			unit *= 10
		}
		for ; unit > 0; unit /= 10 {
			b = append(b, '0'+byte(v/unit%10))
		}
	}
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	if year < 0 {
		b, year = append(b, '-'), -year
	}
	number(year, 4)
	for i, v := range [...]int{int(month), day, hour, minute, second} {
		b = append(b, "-- ::"[i])
		number(v, 2)
	}
	if nanos := t.Nanosecond(); nanos > 0 {
		digits := 9
		for ; nanos%10 == 0; digits-- {
			nanos /= 10
		}
		b = append(b, '.')
		number(nanos, digits)
	}
	b = append(b, ' ')
	name, east := t.Zone()
	zone := func() {
		sign, minutes := byte('+'), east/60
		if minutes < 0 {
			sign, minutes = '-', -minutes
		}
		b = append(b, sign)
		number(minutes/60, 2)
		number(minutes%60, 2)
	}
	zone()
	b = append(b, ' ')
	if name == "" {
		zone()
	}
	return string(append(b, name...))
}
