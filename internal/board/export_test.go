package board

import "context"

// WASMAsOnWindows is WASM with input as it is on Windows.
func WASMAsOnWindows(ctx context.Context, p Program) (Machine, error) {
	return startWASM(ctx, p, true)
}

// TrimModules has the limits as arguments.
var TrimModules = trimModules
