//go:build tinynetport && !baremetal

package net

// linksInterruptible says that what drivers with Interrupt need is linked.
// Here it is no variable: tests change the device while others are in use.
const linksInterruptible = !alone

func linkInterruptible() {}
