"""Formulas from Python operators: ``A[i, -j] * y[j]``, with ``-j`` a lower index.

The operators write the notation's text, which is then parsed, so a formula means what its text
means and errors show that text.

Example:
    >>> i, j = indices("i j")
    >>> A, y, b, z = tensors("A y b z")
    >>> tanh = function("tanh")
    >>> program(define(z[i], tanh(A[i, -j] * y[j] + b[i]))).text
    'z^<i> = tanh(A^<i>_<j> * y^<j> + b^<i>)'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tensorcalc.errors import TensorcalcError
from tensorcalc.language.names import BIG_OPERATORS, BUILTIN_CALLS
from tensorcalc.language.parsing import Parsed, parse

__all__ = [
    "Equation",
    "Formula",
    "Function",
    "IndexTerm",
    "TensorHandle",
    "all_of",
    "any_of",
    "define",
    "delta",
    "equal",
    "function",
    "indices",
    "mean",
    "not_equal",
    "over",
    "prod",
    "program",
    "sum",
    "tensors",
    "where",
]

_SUM, _PRODUCT, _POWER, _ATOM = range(4)

Number = int | float | Fraction | Decimal
Operand = "Formula | TensorHandle | Number"


@dataclass(frozen=True, slots=True)
class IndexTerm:
    """An index, or an integer combination of indices; ``-i`` lowers it."""

    terms: tuple[tuple[str, int], ...]
    constant: int = 0
    lower: bool = False

    def __neg__(self) -> IndexTerm:
        return IndexTerm(self.terms, self.constant, not self.lower)

    def __add__(self, other: IndexTerm | int) -> IndexTerm:
        return self._combined(other, 1)

    def __radd__(self, other: int) -> IndexTerm:
        return self._combined(other, 1)

    def __sub__(self, other: IndexTerm | int) -> IndexTerm:
        return self._combined(other, -1)

    def __rsub__(self, other: int) -> IndexTerm:
        return IndexTerm((), other)._combined(self, -1)

    def __mul__(self, factor: int) -> IndexTerm:
        self._plain()
        return IndexTerm(tuple((n, c * factor) for n, c in self.terms), self.constant * factor)

    def __rmul__(self, factor: int) -> IndexTerm:
        return self * factor

    def __lt__(self, other: IndexTerm | int) -> Formula:
        return self._compared("<", other)

    def __le__(self, other: IndexTerm | int) -> Formula:
        return self._compared("<=", other)

    def __gt__(self, other: IndexTerm | int) -> Formula:
        return self._compared(">", other)

    def __ge__(self, other: IndexTerm | int) -> Formula:
        return self._compared(">=", other)

    def _plain(self) -> None:
        if self.lower:
            raise TensorcalcError(
                "arithmetic with a lowered index: write -(i - 1) for a lower i - 1"
            )

    def _combined(self, other: IndexTerm | int, sign: int) -> IndexTerm:
        self._plain()
        if isinstance(other, int):
            return IndexTerm(self.terms, self.constant + sign * other)
        other._plain()
        total = dict(self.terms)
        for name, coefficient in other.terms:
            total[name] = total.get(name, 0) + sign * coefficient
        return IndexTerm(tuple(total.items()), self.constant + sign * other.constant)

    def _compared(self, relation: str, other: IndexTerm | int) -> Formula:
        right = other if isinstance(other, IndexTerm) else IndexTerm((), other)
        return Formula(f"[{self.spelled()} {relation} {right.spelled()}]", _ATOM)

    @property
    def is_name(self) -> bool:
        """Whether this is one index and nothing else."""
        return len(self.terms) == 1 and self.terms[0][1] == 1 and not self.constant

    def spelled(self) -> str:
        """The combination as text."""
        text = ""
        for name, coefficient in self.terms:
            sign = "-" if coefficient < 0 else "+" if text else ""
            times = "" if abs(coefficient) == 1 else f"{abs(coefficient)}*"
            text += f" {sign} {times}{name}" if text else f"{sign}{times}{name}"
        if self.constant or not text:
            sign = "-" if self.constant < 0 else "+" if text else ""
            text += f" {sign} {abs(self.constant)}" if text else f"{sign}{abs(self.constant)}"
        return text


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as text, and how tightly it binds."""

    text: str
    strength: int

    def __add__(self, other: Formula | TensorHandle | Number) -> Formula:
        return Formula(f"{self.text} + {_made(other).text}", _SUM)

    def __radd__(self, other: Number) -> Formula:
        return _made(other) + self

    def __sub__(self, other: Formula | TensorHandle | Number) -> Formula:
        return Formula(f"{self.text} - {_made(other).at_least(_PRODUCT)}", _SUM)

    def __rsub__(self, other: Number) -> Formula:
        return _made(other) - self

    def __mul__(self, other: Formula | TensorHandle | Number) -> Formula:
        return Formula(f"{self.at_least(_PRODUCT)} * {_made(other).at_least(_PRODUCT)}", _PRODUCT)

    def __rmul__(self, other: Number) -> Formula:
        return _made(other) * self

    def __truediv__(self, other: Formula | TensorHandle | Number) -> Formula:
        return Formula(f"{self.at_least(_PRODUCT)} / {_made(other).at_least(_POWER)}", _PRODUCT)

    def __rtruediv__(self, other: Number) -> Formula:
        return _made(other) / self

    def __pow__(self, exponent: Formula | TensorHandle | Number) -> Formula:
        return Formula(f"{self.at_least(_ATOM)}**{_made(exponent).at_least(_ATOM)}", _POWER)

    def __neg__(self) -> Formula:
        return Formula(f"-{self.at_least(_PRODUCT)}", _SUM)

    def __lt__(self, other: Formula | TensorHandle | Number) -> Formula:
        return self._compared("<", other)

    def __le__(self, other: Formula | TensorHandle | Number) -> Formula:
        return self._compared("<=", other)

    def __gt__(self, other: Formula | TensorHandle | Number) -> Formula:
        return self._compared(">", other)

    def __ge__(self, other: Formula | TensorHandle | Number) -> Formula:
        return self._compared(">=", other)

    def __getitem__(self, slots: IndexTerm | tuple[IndexTerm, ...]) -> Formula:
        """Components of a vector function's value: ``sigma(z)[i]``."""
        return Formula(self.at_least(_ATOM) + _groups(slots), _ATOM)

    def at_least(self, strength: int) -> str:
        """The text, in brackets unless it binds as tightly as ``strength``."""
        return self.text if self.strength >= strength else f"({self.text})"

    def _compared(self, relation: str, other: Formula | TensorHandle | Number) -> Formula:
        return Formula(f"[{self.text} {relation} {_made(other).text}]", _ATOM)


@dataclass(frozen=True, slots=True)
class TensorHandle:
    """A tensor by its name; ``A[i, -j]`` is a component, ``a[()]`` a scalar."""

    name: str

    def __getitem__(
        self, slots: IndexTerm | TensorComponent | tuple[IndexTerm | TensorComponent, ...]
    ) -> Formula:
        return Formula(_name(self.name) + _groups(slots), _ATOM)

    def __add__(self, other: Formula | TensorHandle | Number) -> Formula:
        return _made(self) + other

    def __radd__(self, other: Number) -> Formula:
        return _made(other) + self

    def __sub__(self, other: Formula | TensorHandle | Number) -> Formula:
        return _made(self) - other

    def __rsub__(self, other: Number) -> Formula:
        return _made(other) - self

    def __mul__(self, other: Formula | TensorHandle | Number) -> Formula:
        return _made(self) * other

    def __rmul__(self, other: Number) -> Formula:
        return _made(other) * self

    def __truediv__(self, other: Formula | TensorHandle | Number) -> Formula:
        return _made(self) / other

    def __rtruediv__(self, other: Number) -> Formula:
        return _made(other) / self

    def __pow__(self, exponent: Formula | TensorHandle | Number) -> Formula:
        return _made(self) ** exponent

    def __neg__(self) -> Formula:
        return -_made(self)


#: A component of an integer tensor may stand as an index: ``p[c[n]]``.
TensorComponent = Formula


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its name: one of the catalog's, or an unknown one."""

    name: str
    binders: tuple[IndexTerm, ...] = ()

    def __call__(
        self, *arguments: Formula | TensorHandle | Number, **parameters: Number
    ) -> Formula:
        """Return the function at its arguments; ``slope=0.2`` and the like are parameters."""
        inside = ", ".join(_made(a).text for a in arguments)
        given = ", ".join(f"{n}={_made(v).text}" for n, v in parameters.items())
        return Formula(f"{self._head()}({inside}{'; ' if given else ''}{given})", _ATOM)

    def _head(self) -> str:
        if not self.binders:
            return self.name
        return f"{self.name}_<{', '.join(_index_name(b) for b in self.binders)}>"


@dataclass(frozen=True, slots=True)
class Equation:
    """``left = right``."""

    left: Formula
    right: Formula

    @property
    def text(self) -> str:
        """The definition in the notation."""
        return f"{self.left.text} = {self.right.text}"


def indices(names: str) -> tuple[IndexTerm, ...]:
    """Return indices by their names, separated by spaces or commas."""
    return tuple(IndexTerm(((n, 1),)) for n in names.replace(",", " ").split())


def tensors(names: str) -> tuple[TensorHandle, ...]:
    """Return handles of tensors by their names, separated by spaces or commas."""
    return tuple(TensorHandle(n) for n in names.replace(",", " ").split())


def function(name: str) -> Function:
    """Return the function of that name."""
    return Function(name)


def over(name: str, *bound: IndexTerm) -> Function:
    """Return a function across indices: ``over("softmax", i)(z[i])``."""
    return Function(name, bound)


def sum(bound: IndexTerm | tuple[IndexTerm, ...], body: Formula) -> Formula:  # noqa: A001
    """The explicit sum of ``body`` over one or more indices."""
    return _big("sum", bound, body)


def mean(bound: IndexTerm | tuple[IndexTerm, ...], body: Formula) -> Formula:
    """The mean of ``body`` over one or more indices."""
    return _big("mean", bound, body)


def prod(bound: IndexTerm | tuple[IndexTerm, ...], body: Formula) -> Formula:
    """The product of ``body`` over one or more indices."""
    return _big("prod", bound, body)


def delta(left: IndexTerm, right: IndexTerm) -> Formula:
    """1 where the two indices are equal, else 0."""
    return Formula("delta" + _groups((left, right)), _ATOM)


def equal(left: IndexTerm | Formula, right: IndexTerm | Formula | int) -> Formula:
    """The condition ``left == right``."""
    return Formula(f"[{_side(left)} == {_side(right)}]", _ATOM)


def not_equal(left: IndexTerm | Formula, right: IndexTerm | Formula | int) -> Formula:
    """The condition ``left != right``."""
    return Formula(f"[{_side(left)} != {_side(right)}]", _ATOM)


def all_of(*conditions: Formula) -> Formula:
    """The conditions together: their product."""
    return Formula(" * ".join(c.at_least(_PRODUCT) for c in conditions), _PRODUCT)


def any_of(*conditions: Formula) -> Formula:
    """1 where one of the conditions holds."""
    return Formula("[" + " or ".join(f"{c.text} != 0" for c in conditions) + "]", _ATOM)


def where(
    condition: Formula,
    then: Formula | TensorHandle | Number,
    otherwise: Formula | TensorHandle | Number,
) -> Formula:
    """``then`` where the condition holds, else ``otherwise``."""
    return Function("where")(condition, then, otherwise)


def define(left: Formula | TensorHandle, right: Formula | TensorHandle | Number) -> Equation:
    """The definition ``left = right``."""
    return Equation(_made(left), _made(right))


def program(
    *statements: Equation | Formula,
    sizes: Mapping[str, int] | None = None,
    variance: str = "euclidean",
) -> Parsed:
    """Return the program of definitions, or of one formula: that of their text."""
    text = "\n".join(s.text for s in statements)
    return parse(text, syntax="text", sizes=sizes, variance=variance)


def _big(name: str, bound: IndexTerm | tuple[IndexTerm, ...], body: Formula) -> Formula:
    many = bound if isinstance(bound, tuple) else (bound,)
    names = ", ".join(_index_name(b) for b in many)
    return Formula(f"{name}_<{names}> {body.at_least(_PRODUCT)}", _SUM)


def _index_name(index: IndexTerm) -> str:
    if not index.is_name:
        raise TensorcalcError(f"an operator runs over a plain index, not over {index.spelled()}")
    return index.terms[0][0]


def _made(value: Formula | TensorHandle | Number) -> Formula:
    match value:
        case Formula():
            return value
        case TensorHandle(name):
            return Formula(_name(name), _ATOM)
        case Fraction():
            return Formula(str(value), _PRODUCT if value >= 0 else _SUM)
        case _:
            text = (
                "inf" if value == float("inf") else "-inf" if value == -float("inf") else str(value)
            )
            return Formula(text, _SUM if text.startswith("-") else _ATOM)


def _side(value: IndexTerm | Formula | int) -> str:
    if isinstance(value, int):
        return str(value)
    return value.spelled() if isinstance(value, IndexTerm) else value.text


def _name(name: str) -> str:
    plain = name.isalnum() and name[0].isalpha()
    return name if plain and name not in BUILTIN_CALLS | BIG_OPERATORS.keys() else f"`{name}`"


def _groups(slots: object) -> str:
    found: Any = slots
    many: tuple[Any, ...] = found if isinstance(slots, tuple) else (found,)
    text = ""
    for slot in many:
        match slot:
            case IndexTerm() if slot.is_name:
                text += f"{'_' if slot.lower else '^'}<{slot.terms[0][0]}>"
            case IndexTerm():
                inside = slot.spelled() if slot.terms else f"[{slot.spelled()}]"
                text += ("_" if slot.lower else "^") + "{" + inside + " }"
            case int():
                text += f"_{{{slot}}}"
            case Formula():
                text += f"_{{{slot.text}}}"
            case _:
                raise TensorcalcError(f"{slot!r} is no index")
    return text
