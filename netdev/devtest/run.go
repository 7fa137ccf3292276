package devtest

import "testing"

// Run tests a driver, with a subtest for each rule. Each has a device of its own
// from newDevice.
func Run(t *testing.T, newDevice func(t *testing.T) Setup) {
	t.Helper()
	for _, r := range Rules {
		t.Run(r.Name, func(t *testing.T) {
			what, skipped := r.apply(newDevice(t))
			switch {
			case what != "":
				t.Error(Failure{r, what})
			case skipped != "":
				skip(t, skipped)
			}
		})
	}
}
