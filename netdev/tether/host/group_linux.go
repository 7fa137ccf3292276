package host

// reusePort is what has to be set besides SO_REUSEADDR for sockets to share a
// port. On Linux that is nothing.
const reusePort = 0
