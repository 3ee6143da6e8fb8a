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
    Number,
    Pointwise,
    Size,
    Transform,
    walk,
)
from tensorcalc.printing import to_text

__all__ = ["assumptions_of"]

_ANYWHERE = "all real numbers"


def assumptions_of(*programs: Equations) -> tuple[str, ...]:
    """Return one line for each assumption that ``programs`` make, in order of appearance.

    Example:
        >>> from tensorcalc.language import parse
        >>> assumptions_of(parse("f = log(x) + relu(y) + 1/u").equations)
        ('log(x): positive numbers', "relu(y): relu'(0) = 0", 'u ≠ 0')
    """
    found: dict[str, None] = {}
    for program in programs:
        for definition in program.definitions:
            for line in _of_definition(definition):
                found[line] = None
    return tuple(found)


def _of_definition(definition: Definition) -> Iterator[str]:
    for node in walk(definition.body):
        match node:
            case Apply(Pointwise(name="pow"), (base, exponent)):
                line = _of_power(base, exponent)
                if line:
                    yield line
            case Apply(Pointwise() as record, _) | Transform(Functional() as record, _, _):
                remarks = [record.domain] if record.domain != _ANYWHERE else []
                if record.kinks:
                    remarks.append(record.kinks)
                if remarks:
                    yield f"{to_text(node)}: {'; '.join(remarks)}"
            case _:
                pass


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
        case Apply(Pointwise(name="exp" | "pi" | "e"), _):
            return True
        case Transform(Functional(name="softmax"), _, _):
            return True
        case _:
            return False
