package upgrade

import (
	"context"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/release/apicheck"
)

// maxFailures is how many failures of one check are listed.
const maxFailures = 10

// Check adds what needs no go command: whether the port assembles and
// type-checks for the targets, whether it has the release's API, and what changed
// in that API. Without targets it is only the first.
func (r *Report) Check(ctx context.Context, from, to assemble.Goroot, targets []apicheck.Target) error {
	if r.Tree == nil {
		r.Checks = append(r.Checks, Check{Name: "assemble", Result: fmt.Sprintf("failed: %d entries of manifests do not fit", len(r.Problems))})
	} else {
		r.Checks = append(r.Checks, Check{Name: "assemble", Result: "ok"})
	}
	if len(targets) == 0 {
		return nil
	}
	var pkgs []string
	for _, p := range r.Carried {
		if !slices.Contains(strings.Split(p.Path, "/"), "internal") {
			pkgs = append(pkgs, p.Path)
		}
	}
	var before, after map[string][]string
	var beforeErr, afterErr error
	jobs := []func(){
		func() { before, beforeErr = apicheck.Surface(from, pkgs) },
		func() { after, afterErr = apicheck.Surface(to, pkgs) },
	}
	var checks []*Check
	if r.Tree != nil {
		for _, target := range targets {
			c := &Check{Name: strings.TrimSpace(fmt.Sprintf("type-check %s/%s %s", target.OS, target.Arch, strings.Join(target.Tags, " "))), Result: "ok"}
			checks = append(checks, c)
			jobs = append(jobs, func() {
				errs, skipped := apicheck.TypeCheck(r.Tree, to, target)
				if skipped != "" {
					c.Result, c.Skipped = "not done: "+skipped, true
					return
				}
				c.fail(errs)
			})
		}
		c := &Check{Name: "api"}
		checks = append(checks, c)
		jobs = append(jobs, func() { c.api(r.Tree, to) })
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, job := range jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() == nil {
				job()
			}
		}()
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, c := range checks {
		r.Checks = append(r.Checks, *c)
	}
	// Without the API of one, say a release that this program cannot read,
	// there is no difference to show.
	if err := beforeErr; err != nil {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the exported API of %s is not known: %s", r.From, err))
	} else if err := afterErr; err != nil {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the exported API of %s is not known: %s", r.To, err))
	} else {
		r.API = append(r.API, diffAPI(before, after)...)
	}
	return nil
}

func (c *Check) fail(errs []error) {
	for i, err := range errs {
		if i == maxFailures {
			c.Failed = append(c.Failed, fmt.Sprintf("and %d more errors", len(errs)-i))
			break
		}
		c.Failed = append(c.Failed, err.Error())
	}
	if len(errs) > 0 {
		c.Result = fmt.Sprintf("failed: %d errors", len(errs))
	}
}

func (c *Check) api(tree *assemble.Tree, root assemble.Goroot) {
	excuses, err := apicheck.Excuses()
	if err != nil {
		c.fail([]error{err})
		return
	}
	rep, err := apicheck.Check(tree, root, nil, nil, excuses)
	if err != nil {
		c.fail([]error{err})
		return
	}
	have, want := 0, 0
	for _, p := range rep.Packages {
		have, want = have+p.Have, want+p.Want
		for _, m := range p.Missing {
			if m.Excuse == "" {
				c.Failed = append(c.Failed, m.Line+" is missing")
			}
		}
		for _, e := range p.Stale {
			c.Failed = append(c.Failed, fmt.Sprintf("internal/release/apicheck/excuses.toml has an excuse in %s that is not needed: %v", p.Path, e))
		}
	}
	c.Result = fmt.Sprintf("%d of %d lines", have, want)
}

// diffAPI lists what the second has and the first has not, and the other way.
func diffAPI(before, after map[string][]string) (diff []string) {
	names := map[string]bool{}
	for _, m := range []map[string][]string{before, after} {
		for p := range m {
			names[p] = true
		}
	}
	for _, p := range sorted(names) {
		for _, x := range []struct {
			mark string
			a, b []string
		}{{"-", before[p], after[p]}, {"+", after[p], before[p]}} {
			for _, line := range x.a {
				if !slices.Contains(x.b, line) {
					diff = append(diff, x.mark+" "+line)
				}
			}
		}
	}
	return diff
}

// ChangedPackages lists the packages in which anything changed.
func (r *Report) ChangedPackages() []string {
	changed := map[string]bool{}
	for _, p := range r.Carried {
		if p.Files > 0 {
			changed[p.Path] = true
		}
	}
	for _, e := range r.Eye {
		if e.Op == "swap" {
			changed[e.File] = true
		} else {
			changed[path.Dir(e.File)] = true
		}
	}
	return sorted(changed)
}
