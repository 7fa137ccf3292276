package main

// SNIPPET
