"""What a result rests on: domains of the functions in it, and values chosen at kinks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tensorcalc.expr import (
    Access,
    Apply,
    Definition,
    Equations,
    Expr,
    Functional,
    Index,
    Number,
    Pointwise,
    Product,
    Size,
    Tensor,
    Transform,
    substitute,
    walk,
)
from tensorcalc.printing import to_text
from tensorcalc.simplify import Sign, sign_of

__all__ = ["assumptions_of"]

_ANYWHERE = "all real numbers"
_POSITIVE = "positive numbers"
_FROM_ZERO = "numbers from 0"


def assumptions_of(*programs: Equations) -> tuple[str, ...]:
    """Return one line for each assumption that ``programs`` make, in order of appearance.

    Example:
        >>> from tensorcalc.language import parse
        >>> assumptions_of(parse("f = log(x) + relu(y) + 1/u").equations)
        ('log(x): positive numbers', "relu(y): relu'(0) = 0", 'u ≠ 0')
    """
    found: dict[str, None] = {}
    said: set[object] = set()
    bounds: dict[Tensor, Sign] = {}
    for program in programs:
        for definition in program.definitions:
            for line in _of_definition(definition, said, bounds):
                found[line] = None
            if not definition.starts and definition.tensor not in definition.reads:
                bounds[definition.tensor] = sign_of(definition.body, bounds)
    return tuple(found)


def _of_definition(
    definition: Definition, known: set[object], bounds: Mapping[Tensor, Sign]
) -> Iterator[str]:
    nodes = list(dict.fromkeys(node for body in definition.bodies for node in walk(body)))
    roots = [r for node in nodes if (r := _root_below(node)) is not None]
    known.update(map(_without_components, roots))
    for node in nodes:
        match node:
            case Apply(Pointwise(name="pow"), (base, exponent)):
                yield from _of_power(base, exponent, bounds)
            case Apply(Pointwise() as record, _) | Transform(Functional() as record, _, _):
                remarks = [record.domain] if record.domain not in _fulfilled(node, bounds) else []
                if record.kinks and _can_meet_a_kink(node, bounds):
                    remarks.append(record.kinks)
                said = _without_components(node)
                if remarks and said not in known:
                    known.add(said)
                    yield f"{to_text(node)}: {'; '.join(remarks)}"
            case _:
                pass


def _root_below(node: Expr) -> Apply | None:
    """The root in ``1/sqrt(x)``: that ``x`` is positive says all."""
    match node:
        case Apply(Pointwise(name="pow"), (Apply(Pointwise(name="sqrt")) as root, Number(value))):
            return root if value < 0 else None
        case _:
            return None


def _can_meet_a_kink(node: Apply | Transform, bounds: Mapping[Tensor, Sign]) -> bool:
    """Whether some array decides: not where a size or the indices alone do.

    The kinks of functions of one argument are at 0.
    """
    match node:
        case Apply(Pointwise(name="where"), (condition, *_)):
            deciding: tuple[Expr, ...] = (condition,)
        case Apply(_, (argument,)) if Sign.POSITIVE in sign_of(argument, bounds):
            return False
        case Apply(_, arguments):
            deciding = arguments
        case _:
            return True
    return any(isinstance(n, Access | Transform) for part in deciding for n in walk(part))


def _fulfilled(node: Apply | Transform, bounds: Mapping[Tensor, Sign]) -> tuple[str, ...]:
    """The domains that the arguments are in whatever their values."""
    signs = [sign_of(a, bounds) for a in node.arguments] if isinstance(node, Apply) else []
    if signs and all(Sign.POSITIVE in s for s in signs):
        return (_ANYWHERE, _POSITIVE, _FROM_ZERO)
    if signs and all(Sign.NOT_NEGATIVE in s for s in signs):
        return (_ANYWHERE, _FROM_ZERO)
    return (_ANYWHERE,)


def _without_components(node: Apply | Transform) -> object:
    """What an assumption is about: that X is invertible is one, whichever entry is read."""
    if isinstance(node, Apply):
        return node
    return node.operation, tuple(
        substitute(part.body, {old: Index("", k, old.extent) for k, old in enumerate(part.bound)})
        for part in node.arguments
    )


def _of_power(base: Expr, exponent: Expr, bounds: Mapping[Tensor, Sign]) -> Iterator[str]:
    sign = sign_of(base, bounds)
    if isinstance(base, Number | Size) or Sign.POSITIVE in sign:
        return
    if not isinstance(exponent, Number):
        yield f"{to_text(base)} > 0"
    elif exponent.value != int(exponent.value):
        if exponent.value < 0 or Sign.NOT_NEGATIVE not in sign:
            yield f"{to_text(base)} {'>' if exponent.value < 0 else '≥'} 0"
    elif exponent.value < 0:
        yield from _not_zero(base, bounds)


def _not_zero(base: Expr, bounds: Mapping[Tensor, Sign]) -> Iterator[str]:
    """That a divisor is not 0, factor by factor; that of a root is positive."""
    if Sign.POSITIVE in sign_of(base, bounds):
        return
    match base:
        case Product(factors):
            for factor in factors:
                yield from _not_zero(factor, bounds)
        case Apply(Pointwise(name="sqrt"), (inside,)):
            yield f"{to_text(inside)} > 0"
        case Apply(Pointwise(name="pow"), (inside, Number(value))) if value == int(value):
            yield from _not_zero(inside, bounds)
        case Number():
            pass
        case _:
            yield f"{to_text(base)} ≠ 0"
