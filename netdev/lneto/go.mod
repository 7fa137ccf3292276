module github.com/tinynet/tinynet/netdev/lneto

go 1.24

require (
	github.com/soypat/lneto v0.3.2
	github.com/tinynet/tinynet v0.0.0
)

replace github.com/tinynet/tinynet => ../..
