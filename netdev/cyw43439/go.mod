module github.com/tinynet/tinynet/netdev/cyw43439

go 1.24

require (
	github.com/soypat/cyw43439 v0.2.0
	github.com/tinynet/tinynet v0.0.0
	github.com/tinynet/tinynet/netdev/lneto v0.0.0
)

require (
	github.com/soypat/lneto v0.4.0 // indirect
	github.com/soypat/seqs v0.0.0-20250124201400-0d65bc7c1710 // indirect
	github.com/tinygo-org/pio v0.2.0 // indirect
	golang.org/x/exp v0.0.0-20240808152545-0cdaa3abc0fa // indirect
)

replace github.com/tinynet/tinynet => ../..

replace github.com/tinynet/tinynet/netdev/lneto => ../lneto

// The driver asks for lneto v0.4.0, netdev/lneto for v0.3.2. This module is built
// and tested with v0.3.2; in the module of a program the replacement does not
// count, and the newer one is taken.
replace github.com/soypat/lneto v0.4.0 => github.com/soypat/lneto v0.3.2
