"""What a result rests on: domains of the functions in it, and values chosen at kinks."""

from __future__ import annotations

from collections.abc import Iterator

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
    Transform,
    substitute,
    walk,
)
from tensorcalc.printing import to_text

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
    known: set[object] = set()
    for program in programs:
        for definition in program.definitions:
            for line in _of_definition(definition, known):
                found[line] = None
    return tuple(found)


def _of_definition(definition: Definition, known: set[object]) -> Iterator[str]:
    for node in (node for body in definition.bodies for node in walk(body)):
        match node:
            case Apply(Pointwise(name="pow"), (base, exponent)):
                line = _of_power(base, exponent)
                if line:
                    yield line
            case Apply(Pointwise() as record, _) | Transform(Functional() as record, _, _):
                remarks = [record.domain] if record.domain not in _fulfilled(node) else []
                if record.kinks and _can_meet_a_kink(node):
                    remarks.append(record.kinks)
                said = _without_components(node)
                if remarks and said not in known:
                    known.add(said)
                    yield f"{to_text(node)}: {'; '.join(remarks)}"
            case _:
                pass


def _can_meet_a_kink(node: Apply | Transform) -> bool:
    """Whether some array decides: not where a size or the indices alone do.

    The kinks of functions of one argument are at 0.
    """
    match node:
        case Apply(Pointwise(name="where"), (condition, *_)):
            deciding: tuple[Expr, ...] = (condition,)
        case Apply(_, (argument,)) if _is_positive(argument):
            return False
        case Apply(_, arguments):
            deciding = arguments
        case _:
            return True
    return any(isinstance(n, Access | Transform) for part in deciding for n in walk(part))


def _fulfilled(node: Apply | Transform) -> tuple[str, ...]:
    """The domains that the arguments are in whatever their values."""
    positive = isinstance(node, Apply) and all(_is_positive(a) for a in node.arguments)
    return (_ANYWHERE, _POSITIVE, _FROM_ZERO) if positive else (_ANYWHERE,)


def _without_components(node: Apply | Transform) -> object:
    """What an assumption is about: that X is invertible is one, whichever entry is read."""
    if isinstance(node, Apply):
        return node
    return node.operation, tuple(
        substitute(part.body, {old: Index("", k, old.extent) for k, old in enumerate(part.bound)})
        for part in node.arguments
    )


def _of_power(base: Expr, exponent: Expr) -> str | None:
    if isinstance(base, Number | Size) or _is_positive(base):
        return None
    if not isinstance(exponent, Number):
        return f"{to_text(base)} > 0"
    if exponent.value == int(exponent.value):
        return f"{to_text(base)} ≠ 0" if exponent.value < 0 else None
    return f"{to_text(base)} {'>' if exponent.value < 0 else '≥'} 0"


def _is_positive(base: Expr) -> bool:
    match base:
        case Access(tensor, _):
            return "positive" in tensor.facts
        case Number(value):
            return value > 0
        case Size():
            return True
        case Product(factors):
            return all(_is_positive(factor) for factor in factors)
        case Apply(Pointwise(name="exp" | "pi" | "e"), _):
            return True
        case Apply(Pointwise(name="sqrt" | "pow"), (inside, *_)):
            return _is_positive(inside)
        case Transform(Functional(name="softmax"), _, _):
            return True
        case _:
            return False
