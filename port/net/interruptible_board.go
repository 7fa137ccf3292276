//go:build tinynetport && baremetal

package net

// linksInterruptible says that what drivers with Interrupt need is linked.
// TinyGo finds out whether it is ever set.
var linksInterruptible bool

func linkInterruptible() { linksInterruptible = true }
