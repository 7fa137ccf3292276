module github.com/tinynet/tinynet/bench/lneto

go 1.24

require (
	github.com/soypat/lneto v0.3.2
	github.com/soypat/natiu-mqtt v0.6.0
	github.com/tinynet/tinynet/netdev/lneto v0.0.0
	tinygo.org/x/drivers v0.36.0
)

require github.com/tinynet/tinynet v0.0.0

replace (
	github.com/tinynet/tinynet => ../..
	github.com/tinynet/tinynet/netdev/lneto => ../../netdev/lneto
)
