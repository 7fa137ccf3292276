//go:build tinynetport

package x509

import "strconv"

// oidText is what OID.String returns, without package math/big, which takes 20 kB to
// print the rare arc of more than 64 bits. The identifier is in DER: X.690, section 8.19.
func oidText(der []byte) string {
	var b []byte
	for first := true; len(der) > 0; first = false {
		end := 0
		for end < len(der)-1 && der[end]&0x80 != 0 {
			end++
		}
		arc := der[:end+1]
		der = der[end+1:]
		if first && end == 0 && arc[0] < 80 {
			b = append(strconv.AppendUint(b, uint64(arc[0]/40), 10), '.')
			b = strconv.AppendUint(b, uint64(arc[0]%40), 10)
			continue
		}
		digits := []byte{0} // the least first
		for _, c := range arc {
			carry := int(c & 0x7f)
			for i, d := range digits {
				carry += int(d) << 7
				digits[i] = byte(carry % 10)
				carry /= 10
			}
			for ; carry > 0; carry /= 10 {
				digits = append(digits, byte(carry%10))
			}
		}
		switch {
		case !first:
			b = append(b, '.')
		default:
			b = append(b, "2."...)
			take := byte(8) // 80 of the first number are for the 2
			for i := 1; ; i++ {
				if digits[i] >= take {
					digits[i] -= take
					break
				}
				digits[i] += 10 - take
				take = 1
			}
		}
		last := len(digits) - 1
		for last > 0 && digits[last] == 0 {
			last--
		}
		for ; last >= 0; last-- {
			b = append(b, '0'+digits[last])
		}
	}
	return string(b)
}
