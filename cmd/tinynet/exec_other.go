//go:build !unix

package main

func become(path string, args, env []string) (int, error) { return spawn(path, args, env) }
