//go:build wasm_unknown

package main

// export is what the host calls: nothing calls main there, and all of the program would
// be left out.
//
//go:wasmexport main
func export() { main() }
