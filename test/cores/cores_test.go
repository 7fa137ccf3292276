package cores

import (
	"context"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// rounds is how often each program has to end.
const rounds = 3

// TestRuntime runs the smallest programs that hang, or end in a panic, in TinyGo's
// own runtime.
func TestRuntime(t *testing.T) {
	needs(t, "tinygo", emulator)
	tc := newToolchain(t, "tinygo")
	for name, cpus := range map[string]string{"storm": "4", "onecore": "1", "gcstart": "4", "after": "4", "gcloop": "4", "rwmutex": "4"} {
		t.Run(name, func(t *testing.T) {
			program := tc.build(t, forBoard, "./test/cores/testdata/"+name)
			for range rounds {
				if out, said := run(t, program, cpus, "DONE", 3*time.Minute); !said {
					t.Errorf("it did not say DONE but:\n%s", out)
				}
			}
		})
	}
}

// TestThreads does so with those for this computer.
func TestThreads(t *testing.T) {
	needs(t, "tinygo")
	if runtime.GOOS != "linux" {
		t.Skip("TinyGo has threads on Linux")
	}
	tc := newToolchain(t, "tinygo")
	for _, name := range []string{"timers", "rwmutex"} {
		t.Run(name, func(t *testing.T) {
			program := tc.build(t, nil, "-scheduler=threads", "./test/cores/testdata/"+name)
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
			defer cancel()
			for range rounds {
				if out, err := exec.CommandContext(ctx, program).CombinedOutput(); err != nil || !strings.Contains(string(out), "DONE") {
					t.Errorf("%v: it did not say DONE but:\n%s", err, out)
				}
			}
		})
	}
}
