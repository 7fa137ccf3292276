//go:build tinynetport && port.smalltls

package bigmod

// targetBits is the size that memory is made for before a number's size is known:
// P-521's. A board's compiler puts no more than 256 bytes on the stack, and has
// no other memory for a number's products.
const targetBits = 544
