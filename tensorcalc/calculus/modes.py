"""The modes of differentiation: each turns a request into a program."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from tensorcalc.calculus.accumulate import Accumulator
from tensorcalc.calculus.components import at_components
from tensorcalc.calculus.inner import carried_out
from tensorcalc.calculus.request import Request
from tensorcalc.calculus.split import split, unused_name
from tensorcalc.calculus.tidy import tidy
from tensorcalc.errors import NotDifferentiableError, TensorcalcError
from tensorcalc.expr import (
    ZERO,
    Access,
    Definition,
    Equations,
    Expr,
    Start,
    Tensor,
    fold,
    rebuild,
)
from tensorcalc.expr.steps import Recorder
from tensorcalc.simplify import with_folded_functions

__all__ = ["derive"]


def derive(request: Request, recorder: Recorder | None = None) -> Equations:
    """Return the program that computes what ``request`` asks for.

    Args:
        request: Mode, of what, by what, in which program.
        recorder: Records each step, if given; the result is the same.

    Raises:
        UnknownNameError: ``of`` or ``wrt`` names nothing in the program.
        NotDifferentiableError: something on the way has no derivative, or ``grad``,
            ``hessian`` or ``hvp`` is asked of what is no scalar.
    """
    _validate(request)
    if request.components and request.mode not in ("grad", "jacobian"):
        raise TensorcalcError(f"a component is for grad and jacobian, not for {request.mode}")
    if request.mode == "hessian":
        return _hessian(request, recorder)
    if request.mode == "hvp":
        return _hvp(request, recorder)
    if request.mode == "jvp":
        return _jvp(request, recorder)
    derived = _reverse(request, recorder)
    return at_components(request, derived) if request.components else derived


def _validate(request: Request) -> None:
    source = request.source
    tensor = source.tensor(request.of)
    if not source.defines(request.of):
        raise NotDifferentiableError(f"{request.of} is an input: it depends on nothing")
    if request.mode in ("grad", "hessian", "hvp") and tensor.rank:
        raise NotDifferentiableError(
            f"{request.of} has {tensor.rank} indices; {request.mode} needs a scalar: "
            "take jacobian, or vjp with a cotangent"
        )
    if not request.wrt:
        raise TensorcalcError("name at least one tensor to differentiate by")
    for name in request.wrt:
        if source.tensor(name).domain == "integer":
            raise NotDifferentiableError(f"{name} holds integers: no derivative by it")


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _prepared(request: Request, recorder: Recorder | None, again: Sequence[str] = ()) -> Equations:
    needed = request.source.needed_for((request.of,))
    return split(
        with_folded_functions(carried_out(needed, recorder, {*request.wrt, *again}), recorder)
    )


def _tensors(equations: Equations, source: Equations, names: Sequence[str]) -> list[Tensor]:
    """The tensors of that name; one the program part does not reach keeps its identity."""
    known = {d.name: d.tensor for d in equations.definitions}
    return [known.get(name) or source.tensor(name) for name in names]


def _reverse(request: Request, recorder: Recorder | None, again: Sequence[str] = ()) -> Equations:
    """Back-propagation; ``again`` names what the result will be differentiated by."""
    equations = _prepared(request, recorder, again)
    free = _tensors(equations, request.source, again)
    of = equations.tensor(request.of)
    names = _unique(request.wrt)
    wrt = _tensors(equations, request.source, names)
    cotangent: Tensor | None = None
    name = _prefixed(f"d{of.name}_d")
    inputs = equations.inputs
    if request.mode == "vjp":
        levels = tuple(level.opposite for level in of.levels)
        cotangent = Tensor(f"{of.name}_bar", of.extents, levels)
        name = _suffixed("_bar")
        inputs = _with_inputs(equations, [cotangent])
    _unused(equations, [name(t) for t in wrt])
    made = Accumulator(equations, recorder, free).reverse(of, wrt, name, cotangent)
    together = request.mode == "jacobian" and of.rank > 0
    outputs = tuple(name(t) for t in wrt)
    return _finished(equations, inputs, made, outputs, together, recorder, free)


def _jvp(request: Request, recorder: Recorder | None) -> Equations:
    equations = _prepared(request, recorder)
    wrt = _tensors(equations, request.source, _unique(request.wrt))
    tangents = _tangents(wrt)
    inputs = _with_inputs(equations, tangents)
    made = Accumulator(equations, recorder).forward(wrt, tangents, _suffixed("_dot"))
    of = equations.tensor(request.of)
    output = f"{of.name}_dot"
    if all(d.name != output for d in made):
        made.append(_zero(output, of, equations))
    return _finished(equations, inputs, made, (output,), False, recorder)


def _hessian(request: Request, recorder: Recorder | None) -> Equations:
    of = request.of
    result: Equations | None = None
    for first, second in request.blocks:
        gradient = _gradient(request, (first,), (second,), recorder)
        inner = gradient.outputs[0]
        equations = split(gradient)
        tensor = equations.tensor(inner)
        wrt = _tensors(equations, request.source, [second])
        prefix = f"d2{of}_d{first}_d"
        made = Accumulator(equations, recorder).reverse(tensor, wrt, _prefixed(prefix), None)
        outputs = (prefix + second,)
        block = _finished(equations, equations.inputs, made, outputs, True, recorder)
        result = block if result is None else _merged(result, block)
    assert result is not None
    return result


def _hvp(request: Request, recorder: Recorder | None) -> Equations:
    names = _unique(request.wrt)
    gradient = _gradient(request, names, names, recorder)
    equations = split(gradient)
    wrt = _tensors(equations, request.source, names)
    tangents = _tangents(wrt)
    inputs = _with_inputs(equations, tangents)
    final = {f"d{request.of}_d{name}": f"{name}_hvp" for name in names}
    made = Accumulator(equations, recorder).forward(
        wrt, tangents, lambda t: final.get(t.name, f"{t.name}_dot")
    )
    for gradient_name, output in final.items():
        if all(d.name != output for d in made):
            made.append(_zero(output, equations.tensor(gradient_name), equations))
    outputs = tuple(final.values())
    return _finished(equations, inputs, made, outputs, False, recorder)


def _gradient(
    request: Request, names: Sequence[str], again: Sequence[str], recorder: Recorder | None
) -> Equations:
    """The gradient by ``names``, to be differentiated by ``again``."""
    for name in again:
        if "mask" in request.source.tensor(name).facts:
            raise NotDifferentiableError(
                f"{name} is declared a mask, 0 or 1: there is no second derivative by it"
            )
    return _reverse(Request("grad", request.of, tuple(names), request.source), recorder, again)


def _prefixed(prefix: str) -> Callable[[Tensor], str]:
    return lambda tensor: prefix + tensor.name


def _suffixed(suffix: str) -> Callable[[Tensor], str]:
    return lambda tensor: tensor.name + suffix


def _tangents(wrt: Sequence[Tensor]) -> list[Tensor]:
    return [Tensor(f"{t.name}_dot", t.extents, t.levels) for t in wrt]


def _zero(name: str, like: Tensor, equations: Equations) -> Definition:
    """A tangent of something that does not depend on the variables: zeros, of its shape."""
    tensor = Tensor(name, like.extents, like.levels)
    return Definition(tensor, equations.definition(like.name).indices, ZERO)


def _with_inputs(equations: Equations, new: Sequence[Tensor]) -> tuple[Tensor, ...]:
    _unused(equations, [t.name for t in new])
    return (*equations.inputs, *new)


def _unused(equations: Equations, names: Sequence[str]) -> None:
    for name in names:
        if name in equations.names():
            raise TensorcalcError(
                f"the derived program needs the name {name}, which the program uses already"
            )


def _finished(
    equations: Equations,
    inputs: tuple[Tensor, ...],
    made: Sequence[Definition],
    outputs: tuple[str, ...],
    together: bool,
    recorder: Recorder | None,
    free: Collection[Tensor] = (),
) -> Equations:
    definitions = (*equations.definitions, *made)
    whole = Equations(inputs, definitions, outputs, equations.facts, equations.sizes)
    derived = {d.name for d in made}
    return tidy(whole, derived, together=together, recorder=recorder, free=free)


def _merged(first: Equations, second: Equations) -> Equations:
    """Both programs in one; a name that both define means the same in both.

    Names that the library chose may not: those of the second are changed.
    """
    taken = {*first.names(), *second.names()}
    renamed: dict[Tensor, Tensor] = {}
    for definition in second.definitions:
        name = definition.name
        if not definition.automatic or not first.defines(name):
            continue
        if first.definition(name) is not definition:
            tensor = definition.tensor
            new = unused_name(name, taken)
            taken.add(new)
            renamed[tensor] = Tensor(new, tensor.extents, tensor.levels)
    definitions = list(first.definitions)
    definitions.extend(
        _renamed(d, renamed)
        for d in second.definitions
        if d.tensor in renamed or not first.defines(d.name)
    )
    outputs = (*first.outputs, *(o for o in second.outputs if o not in first.outputs))
    whole = Equations(first.inputs, tuple(definitions), outputs, first.facts, first.sizes)
    return whole.needed_for(outputs)


def _renamed(definition: Definition, renamed: Mapping[Tensor, Tensor]) -> Definition:
    if renamed.keys().isdisjoint({definition.tensor, *definition.reads}):
        return definition

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        new = rebuild(node, parts) if parts else node
        if isinstance(new, Access) and new.tensor in renamed:
            return Access(renamed[new.tensor], new.slots)
        return new

    return Definition(
        renamed.get(definition.tensor, definition.tensor),
        definition.indices,
        fold(definition.body, rule),
        definition.automatic,
        tuple(Start(s.slot, s.component, s.indices, fold(s.body, rule)) for s in definition.starts),
    )
