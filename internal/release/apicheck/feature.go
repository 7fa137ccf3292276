package apicheck

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// Features are the exported API of a package as lines of the form that the
// files in GOROOT/api have, sorted and without repetition.
func Features(pkg *types.Package) []string {
	w := &writer{pkg: pkg}
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		if token.IsExported(name) {
			w.object(scope.Lookup(name))
		}
	}
	slices.Sort(w.lines)
	return slices.Compact(w.lines)
}

type writer struct {
	pkg    *types.Package
	lines  []string
	params map[*types.TypeParam]int // type parameters in scope, by number
}

func (w *writer) emit(format string, args ...any) {
	w.lines = append(w.lines, "pkg "+strings.TrimPrefix(w.pkg.Path(), "vendor/")+", "+fmt.Sprintf(format, args...))
}

func (w *writer) object(obj types.Object) {
	name := obj.Name()
	switch obj := obj.(type) {
	case *types.Const:
		w.emit("const %s %s", name, w.typ(obj.Type()))
		w.emit("const %s = %s", name, constValue(obj.Val()))
	case *types.Var:
		w.emit("var %s %s", name, w.typ(obj.Type()))
	case *types.Func:
		sig := obj.Signature()
		defer w.scope(sig.TypeParams())()
		w.emit("func %s%s%s", name, w.typeParams(sig.TypeParams()), w.signature(sig))
	case *types.TypeName:
		w.typeName(obj)
	}
}

func constValue(v constant.Value) string {
	switch v.Kind() {
	case constant.String:
		return strconv.Quote(constant.StringVal(v))
	case constant.Float, constant.Complex:
		return v.String()
	}
	return v.ExactString()
}

func (w *writer) typeName(obj *types.TypeName) {
	name := obj.Name()
	if obj.IsAlias() {
		w.emit("type %s = %s", name, w.typ(obj.Type()))
		return
	}
	named, ok := obj.Type().(*types.Named)
	if !ok {
		return // an error in the package, reported elsewhere
	}
	defer w.scope(named.TypeParams())()
	head := "type " + name + w.typeParams(named.TypeParams())
	switch under := named.Underlying().(type) {
	case *types.Struct:
		w.emit("%s struct", head)
		for i := range under.NumFields() {
			f := under.Field(i)
			switch {
			case !f.Exported():
			case f.Embedded():
				w.emit("%s struct, embedded %s", head, w.typ(f.Type()))
			default:
				w.emit("%s struct, %s %s", head, f.Name(), w.typ(f.Type()))
			}
		}
	case *types.Interface:
		w.interfaceType(head, under)
		return // its methods are in its lines
	default:
		w.emit("%s %s", head, w.typ(under))
	}
	w.methods(named)
}

func (w *writer) interfaceType(head string, t *types.Interface) {
	var names []string
	hidden := false
	for i := range t.NumMethods() {
		m := t.Method(i)
		if !m.Exported() {
			hidden = true
			continue
		}
		names = append(names, m.Name())
		w.emit("%s interface, %s%s", head, m.Name(), w.signature(m.Signature()))
	}
	// Nobody else can implement an interface with a hidden method, so it may
	// grow; all others are fixed, which is what the line with all names says.
	switch {
	case hidden:
		w.emit("%s interface, unexported methods", head)
	case len(names) == 0:
		w.emit("%s interface {}", head)
	default:
		slices.Sort(names)
		w.emit("%s interface { %s }", head, strings.Join(names, ", "))
	}
}

func (w *writer) methods(named *types.Named) {
	recv := named.Obj().Name() + w.typeArgs(named)
	value := types.NewMethodSet(named)
	pointer := types.NewMethodSet(types.NewPointer(named))
	for i := range pointer.Len() {
		m := pointer.At(i).Obj().(*types.Func)
		if !m.Exported() {
			continue
		}
		star := "*"
		if value.Lookup(m.Pkg(), m.Name()) != nil {
			star = ""
		}
		// The method's own receiver has type parameters of its own.
		sig := pointer.At(i).Type().(*types.Signature)
		done := w.scope(sig.RecvTypeParams())
		w.emit("method (%s%s) %s%s", star, recv, m.Name(), w.signature(sig))
		done()
	}
}

// scope numbers type parameters from 0, until the function it returns is called.
func (w *writer) scope(list *types.TypeParamList) func() {
	old := w.params
	if list.Len() > 0 {
		w.params = map[*types.TypeParam]int{}
		for k, v := range old {
			w.params[k] = v
		}
		for i := range list.Len() {
			w.params[list.At(i)] = i
		}
	}
	return func() { w.params = old }
}

func (w *writer) typeParams(list *types.TypeParamList) string {
	if list.Len() == 0 {
		return ""
	}
	var parts []string
	for i := range list.Len() {
		parts = append(parts, fmt.Sprintf("$%d %s", i, w.constraint(list.At(i).Constraint())))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func (w *writer) constraint(t types.Type) string {
	if i, ok := types.Unalias(t).(*types.Interface); ok && i.IsImplicit() {
		// Written as [T ~[]E], listed as [T interface{ ~[]E }].
		return "interface{ " + strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(w.typ(i), "interface{"), "}")) + " }"
	}
	return w.typ(t)
}

// typeArgs are the parameters of a generic type as they stand in a receiver.
func (w *writer) typeArgs(named *types.Named) string {
	n := named.TypeParams().Len()
	if n == 0 {
		return ""
	}
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf("$%d", i)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func (w *writer) signature(sig *types.Signature) string {
	s := "(" + w.tuple(sig.Params(), sig.Variadic()) + ")"
	switch res := sig.Results(); res.Len() {
	case 0:
		return s
	case 1:
		return s + " " + w.typ(res.At(0).Type())
	default:
		return s + " (" + w.tuple(res, false) + ")"
	}
}

func (w *writer) tuple(t *types.Tuple, variadic bool) string {
	parts := make([]string, t.Len())
	for i := range parts {
		typ := t.At(i).Type()
		if slice, ok := typ.(*types.Slice); ok && variadic && i == len(parts)-1 {
			parts[i] = "..." + w.typ(slice.Elem())
		} else {
			parts[i] = w.typ(typ)
		}
	}
	return strings.Join(parts, ", ")
}

// typ writes a type without names of parameters, aliases resolved.
func (w *writer) typ(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		switch t.Kind() {
		case types.UnsafePointer:
			return "unsafe.Pointer"
		case types.UntypedBool, types.UntypedFloat, types.UntypedInt, types.UntypedString:
			return "ideal-" + strings.TrimPrefix(t.Name(), "untyped ")
		case types.UntypedRune:
			return "ideal-char"
		case types.Uint8:
			return "uint8" // also for byte
		case types.Int32:
			return "int32" // also for rune
		}
		return t.Name()
	case *types.Named:
		name := w.qualified(t.Obj())
		if args := t.TypeArgs(); args.Len() > 0 {
			parts := make([]string, args.Len())
			for i := range parts {
				parts[i] = w.typ(args.At(i))
			}
			name += "[" + strings.Join(parts, ", ") + "]"
		}
		return name
	case *types.Pointer:
		return "*" + w.typ(t.Elem())
	case *types.Slice:
		return "[]" + w.typ(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), w.typ(t.Elem()))
	case *types.Map:
		return "map[" + w.typ(t.Key()) + "]" + w.typ(t.Elem())
	case *types.Chan:
		elem := w.typ(t.Elem())
		switch t.Dir() {
		case types.SendOnly:
			return "chan<- " + elem
		case types.RecvOnly:
			return "<-chan " + elem
		}
		return "chan " + elem
	case *types.Signature:
		return "func" + w.signature(t)
	case *types.Interface:
		return w.interfaceLiteral(t)
	case *types.Struct:
		return "struct" // Go's lists leave out what is in it
	case *types.TypeParam:
		if n, ok := w.params[t]; ok {
			return fmt.Sprintf("$%d", n)
		}
		return t.Obj().Name()
	case *types.Union:
		parts := make([]string, t.Len())
		for i := range parts {
			parts[i] = w.typ(t.Term(i).Type())
			if t.Term(i).Tilde() {
				parts[i] = "~" + parts[i]
			}
		}
		return strings.Join(parts, " | ")
	default:
		return t.String()
	}
}

func (w *writer) interfaceLiteral(t *types.Interface) string {
	var parts []string
	for i := range t.NumExplicitMethods() {
		m := t.ExplicitMethod(i)
		parts = append(parts, m.Name()+w.signature(m.Signature()))
	}
	for i := range t.NumEmbeddeds() {
		parts = append(parts, w.typ(t.EmbeddedType(i)))
	}
	return braces("interface", parts)
}

func braces(keyword string, parts []string) string {
	if len(parts) == 0 {
		return keyword + "{}"
	}
	return keyword + "{ " + strings.Join(parts, "; ") + " }"
}

func (w *writer) qualified(obj *types.TypeName) string {
	if obj.Pkg() == nil || obj.Pkg() == w.pkg {
		return obj.Name()
	}
	return obj.Pkg().Name() + "." + obj.Name()
}
