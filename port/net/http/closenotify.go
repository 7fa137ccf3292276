//go:build tinynetport

package http

// Go 1.23 and 1.24 make the channel of CloseNotify for each request. Here, as
// in later releases, it is made when somebody asks.

func (w *response) closeNotifier() <-chan bool {
	cr := w.conn.r
	cr.lock()
	defer cr.unlock()
	if w.closeNotifyCh == nil {
		w.closeNotifyCh = make(chan bool, 1)
		if w.didCloseNotify.Load() {
			w.closeNotifyCh <- true
		}
	}
	return w.closeNotifyCh
}

// notifyClose is called once, with connReader.mu held.
func (w *response) notifyClose() {
	if w.closeNotifyCh != nil {
		w.closeNotifyCh <- true
	}
}
