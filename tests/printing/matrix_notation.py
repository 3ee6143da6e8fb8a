"""A small interpreter of matrix notation, for tests: it knows the text and the arrays, no formula.

``1`` is a column of ones of whatever length fits (or the number), ``I`` an identity of
whatever size fits. Shapes are checked strictly: a product that a reader would have to guess
at is an error, and so is a scalar added to a matrix.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?(?:/\d+)?)|(?P<name>[A-Za-z][A-Za-z0-9_]*'*)(?P<call>\()?"
    r"|(?P<mark>⁻ᵀ|ᵀ|⁻¹|_F|\^∘|\^|<=|==|!=|[²³⁴⁵⁶⁷⁸⁹]|[¹²³⁴⁵⁶⁷⁸⁹][⁰¹²³⁴⁵⁶⁷⁸⁹]+|[-+*/()∘⊘·⊗‖∇,;<\[\]]))"
)
_WHOLE_NAME = re.compile(
    r"\{(\\?\w+|\\\w+\{\w+\})(?:\^\{\((\d+)\)\})?(?:_\{\\text\{(\w+)\}\})?(?:\{\})?\}"
)
_ENTRIES: Mapping[str, Callable[..., Array]] = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
    "atan": np.arctan, "arctan": np.arctan, "abs": np.abs, "sign": np.sign,
    "max": np.maximum, "min": np.minimum, "log1p": np.log1p,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "relu": lambda x: np.maximum(x, 0),
    "heaviside": lambda x: (x > 0).astype(float),
    "H": lambda x: (x > 0).astype(float),
    "erf": np.vectorize(math.erf, otypes=[float]),
    "gelu": np.vectorize(lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2, otypes=[float]),
    "where": lambda c, a, b: np.where(c != 0, a, b),
}  # fmt: skip


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max())
    return e / e.sum()


_WHOLES: Mapping[str, Callable[[Array], Array]] = {
    "softmax": _softmax,
    "log_softmax": lambda x: np.log(_softmax(x)),
    "logsumexp": lambda x: np.log(np.exp(x).sum()),
    "normalize": lambda x: x / np.sqrt((x * x).sum()),
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "det": np.linalg.det,
    "logdet": lambda x: np.log(np.linalg.det(x)),
    "cholesky": np.linalg.cholesky,
    "tr": np.trace,
}


@dataclass(frozen=True)
class Value:
    """An array of two axes; ``any_rows``: every row is the same and their number is open."""

    array: Array
    any_rows: bool = False
    any_columns: bool = False
    eye: float = 0.0
    scalar: bool = False
    one: bool = False

    def resolved(self, rows: int | None = None, columns: int | None = None) -> Value:
        """The same with open lengths filled in."""
        array, value = self.array, self
        if self.eye:
            known = [
                n
                for n, is_open in (
                    (array.shape[0], self.any_rows),
                    (array.shape[1], self.any_columns),
                )
                if not is_open
            ] + [n for n in (rows, columns) if n is not None]
            assert known
            assert len(set(known)) == 1, "an identity that is not square"
            array = np.broadcast_to(array, (known[0], known[0])) + self.eye * np.eye(known[0])
            return Value(array)
        if rows is not None and self.any_rows:
            array = np.repeat(array, rows, axis=0)
            value = replace(value, any_rows=False, one=False)
        if columns is not None and self.any_columns:
            array = np.repeat(array, columns, axis=1)
            value = replace(value, any_columns=False, one=False)
        return replace(value, array=array)


def _scalar(number: float) -> Value:
    return Value(np.full((1, 1), float(number)), scalar=True)


_ONE = Value(np.ones((1, 1)), any_rows=True, one=True)


def evaluate_text(
    text: str, arrays: Mapping[str, Array], shape: tuple[int, ...], sizes: Mapping[str, int]
) -> Array:
    """The value of ``text``, of the shape wanted; a vector is a column."""
    value = _Reader(text, arrays, sizes).whole()
    rows, columns = (*shape, 1, 1)[:2]
    if value.scalar:
        assert len(shape) < 2 or text == "0", "a scalar where a matrix is wanted"
        return np.broadcast_to(value.array.reshape(()), shape)
    array = value.resolved(rows, columns).array
    assert array.shape == (rows, columns), (text, array.shape, shape)
    return array.reshape(shape)


def evaluate_latex(
    latex: str, arrays: Mapping[str, Array], shape: tuple[int, ...], sizes: Mapping[str, int]
) -> Array:
    """The value of LaTeX, by way of the text that says the same."""
    return evaluate_text(text_of_latex(latex), arrays, shape, sizes)


def evaluate_vectors(
    text: str,
    arrays: Mapping[str, Array],
    rows: tuple[int, ...],
    columns: tuple[int, ...],
    sizes: Mapping[str, int],
) -> Array:
    """The value of a matrix over vectors of columns, with the axes ``rows`` and ``columns``."""
    reader = _VectorReader(text, arrays, sizes)
    reader.rows, reader.columns = rows, columns
    shape = (int(np.prod(rows)), int(np.prod(columns)))
    array = reader.whole().resolved(*shape).array
    assert array.shape == shape, (text, array.shape, shape)
    # Of a stacked column the second index is the slow one.
    apart = array.reshape(*rows[::-1], *columns[::-1])
    count = len(rows)
    order = [*range(count)[::-1], *range(count, count + len(columns))[::-1]]
    return apart.transpose(order)


def text_of_latex(latex: str) -> str:
    """The text form of LaTeX in matrix notation."""
    text = _WHOLE_NAME.sub(_whole_name, latex)
    while r"\frac" in text:
        start = text.rindex(r"\frac")
        above, rest = _braced(text[start + len(r"\frac") :])
        below, rest = _braced(rest)
        above = "1.0" if above == "1" else above
        text = f"{text[:start]} (({above}) / ({below})) {rest}"
    text = re.sub(r"\\(bar|dot|hat|tilde)\{(\w+)\}", r"\2_\1", text)
    while r"\sqrt" in text:
        start = text.rindex(r"\sqrt")
        inside, rest = _braced(text[start + len(r"\sqrt") :])
        text = f"{text[:start]} sqrt({inside}) {rest}"
    text = re.sub(r"(?<![\w./-])1(?![\w./}])", "1.0", text)
    text = re.sub(r"_\{(\w+)\}", r"_\1", text)
    text = text.replace(r"\mathbf{1}", "1")
    for old, new in (
        (r"^{\top}", "ᵀ"), (r"^{-\top}", "⁻ᵀ"), (r"^{-1}", "⁻¹"),
        (r"\left\|", "‖"), (r"\right\|", "‖"), (r"\left(", "("), (r"\right)", ")"),
        (r"\left|", "abs("), (r"\right|", ")"),
        (r"\oslash", "⊘"), (r"\otimes", "⊗"), (r"\cdot", "·"), (r"\nabla ", "∇"),
    ):  # fmt: skip
        text = text.replace(old, new)
    text = re.sub(r"\^\{\\circ ([^}]*)\}", r"^∘(\1)", text)
    text = re.sub(r"\^\{([^}]*)\}", r"^(\1)", text)
    text = text.replace(r"\circ", "∘")
    text = re.sub(r"\\(?:operatorname|mathrm)\{([^}]*)\}", lambda m: m[1].replace("\\", ""), text)
    text = text.replace(r"\log\det", "logdet").replace(r"\log\sigma", "log_sigma")
    text = re.sub(r"log(?=softmax)", "log_", text.replace(r"\log", "log"))
    return re.sub(r"\\([A-Za-z]+)", r"\1", text)


def _whole_name(found: re.Match[str]) -> str:
    """``{W^{(1)}}`` is W1, ``{\\bar{W}^{(1)}}`` is W1_bar, ``{W_{\\text{out}}}`` is W_out."""
    symbol, number, word = found.groups()
    if not (number or word):
        return found[0]
    accent, _, inside = symbol.partition("{")
    letter = (inside.removesuffix("}") or accent).removeprefix("\\")
    name = letter + (number or "") + (f"_{word}" if word else "")
    return f"{name}_{accent[1:]}" if inside else name


def _braced(text: str) -> tuple[str, str]:
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        if not depth:
            return text[1:place], text[place + 1 :]
    raise AssertionError(text)


class _Reader:
    def __init__(self, text: str, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> None:
        self.text, self.arrays, self.sizes = text, arrays, sizes
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            assert found, f"cannot read {text[place:]!r} in {text!r}"
            kind = "call" if found["call"] else found.lastgroup or ""
            self.tokens.append((kind, found["name"] or found["number"] or found["mark"]))
            place = found.end()
        self.at = 0

    @property
    def next(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        if self.next in wanted and self.tokens[self.at][0] == "mark":
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def need(self, wanted: str) -> None:
        assert self.take(wanted), f"{wanted!r} expected at token {self.at} of {self.text!r}"

    def whole(self) -> Value:
        value = self.sum()
        assert self.at == len(self.tokens), f"{self.tokens[self.at :]} left of {self.text!r}"
        return value

    def sum(self) -> Value:
        value = _times(_scalar(-1), self.quotient()) if self.take("-") else self.quotient()
        while sign := self.take("+", "-"):
            other = self.quotient()
            value = _plus(value, _times(_scalar(-1), other) if sign == "-" else other)
        return value

    def quotient(self) -> Value:
        value = self.entries()
        while self.take("/"):
            divisor = self.entries()
            assert divisor.scalar, f"divided by no scalar in {self.text!r}"
            if value.one:
                value = _scalar(1)
            value = _times(_scalar(1 / divisor.array.item()), value)
        return value

    def entries(self) -> Value:
        value = self.product()
        while sign := self.take("∘", "⊘"):
            value = _entrywise(value, self.product(), divide=sign == "⊘")
        return value

    def product(self) -> Value:
        value = self.raised()
        made = False
        while True:
            self.take("·")
            if self.at == len(self.tokens) or not self.starts_factor():
                return value
            factor = self.raised()
            assert not made, f"a scalar product runs into what follows in {self.text!r}"
            made = not value.scalar
            value = _product(value, factor)
            made = made and value.scalar

    def starts_factor(self) -> bool:
        kind, text = self.tokens[self.at]
        if text == "‖":
            return not self.bars
        return kind in ("number", "name", "call") or text in ("(", "∇", "[")

    bars = 0

    def raised(self) -> Value:
        value = self.atom()
        while sign := self.take("ᵀ", "⁻ᵀ", "⁻¹", "^∘", "^") or self.digits():
            if sign == "^":
                exponent = self.exponent()
                assert value.scalar, self.text
                value = _scalar(value.array.item() ** exponent.array.item())
            elif sign == "^∘":
                exponent = self.exponent()
                assert exponent.scalar, self.text
                assert not value.scalar, self.text
                value = _apply(np.power, [value, exponent])
            elif sign.isdigit():
                assert value.scalar, self.text
                value = _scalar(value.array.item() ** int(sign))
            else:
                if sign in ("⁻¹", "⁻ᵀ"):
                    value = Value(np.linalg.inv(value.resolved().array))
                if sign in ("ᵀ", "⁻ᵀ"):
                    assert not value.scalar, self.text
                    value = Value(value.array.T, value.any_columns, value.any_rows, value.eye)
        return value

    def digits(self) -> str:
        """A raised number, as plain digits."""
        plain = self.next.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
        return plain if plain != self.next and plain.isdigit() and self.take(self.next) else ""

    def exponent(self) -> Value:
        if self.take("("):
            value = self.sum()
            self.need(")")
            return value
        return self.atom()

    def atom(self) -> Value:
        if self.take("("):
            outside, self.bars = self.bars, 0
            value = self.sum()
            self.bars = outside
            self.need(")")
            return value
        if self.take("‖"):
            self.bars += 1
            value = self.sum()
            self.bars -= 1
            self.need("‖")
            self.take("_F")
            return _scalar(np.sqrt((value.array**2).sum()))
        if self.take("["):
            left, relation, right = self.sum(), self.take("<", "<=", "==", "!="), self.sum()
            self.need("]")
            compare = {"<": np.less, "<=": np.less_equal, "==": np.equal, "!=": np.not_equal}
            return _apply(compare[relation], [left, right])
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return _ONE if text == "1" else _scalar(float(Fraction(text)))
        if kind == "call":
            return self.call(text)
        assert kind == "name", f"unexpected {text!r} in {self.text!r}"
        return self.symbol(text)

    def symbol(self, name: str) -> Value:
        if name in self.arrays:
            array = np.asarray(self.arrays[name], dtype=float)
            if array.ndim == 0:
                return _scalar(float(array))
            return Value(array.reshape(len(array), -1))
        if name in self.sizes:
            return _scalar(self.sizes[name])
        if name == "pi":
            return _scalar(math.pi)
        assert name in ("I", "Id"), f"what is {name}?"
        return Value(np.zeros((1, 1)), any_rows=True, any_columns=True, eye=1.0)

    def call(self, name: str) -> Value:
        outside, self.bars = self.bars, 0
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        self.bars = outside
        self.need(")")
        if name == "diag":
            (inner,) = arguments
            column = not inner.any_rows and inner.array.shape[1] == 1
            if inner.any_rows and inner.array.shape[1] == 1:
                return Value(np.zeros((1, 1)), True, True, eye=inner.array.item())
            array = inner.resolved().array
            return Value(np.diag(array[:, 0]) if column else np.diag(array)[:, None])
        if name in _WHOLES and len(arguments) == 1:
            result = np.asarray(_WHOLES[name](arguments[0].resolved().array))
            return _scalar(float(result)) if result.ndim == 0 else Value(result)
        return _apply(_ENTRIES[name], arguments)


def _apply(function: Callable[..., Array], arguments: list[Value]) -> Value:
    shapes = [a for a in arguments if not a.scalar and not a.one]

    def of(values: list[Array]) -> Array:
        return np.asarray(function(*values), dtype=float)

    if not shapes:
        return _scalar(of([a.array for a in arguments]).item())
    total = shapes[0]
    for other in shapes[1:]:
        total = _plus(total, other)  # checks the shapes
    off = of([a.array for a in arguments])
    if not any(a.eye for a in arguments):
        return Value(off, total.any_rows, total.any_columns)
    if total.any_rows and total.any_columns:
        on = of([a.array + a.eye for a in arguments])
        return Value(off, True, True, eye=(on - off).item())
    size = max(total.array.shape)
    return Value(of([a.resolved(size, size).array if not a.scalar else a.array for a in arguments]))


def _times(scalar: Value, value: Value) -> Value:
    number = scalar.array.item()
    if value.scalar or (value.one and number != 1):
        return replace(value, array=value.array * number, one=False)
    return replace(value, array=value.array * number, eye=value.eye * number)


def _plus(left: Value, right: Value) -> Value:
    for one, other in ((left, right), (right, left)):
        if one.scalar or (one.one and other.scalar):
            if other.scalar or other.one:
                return _scalar(one.array.item() + other.array.item())
            assert other.array.shape[1] == 1, "a number is added to a matrix"
            assert not other.any_columns, "a number is added to a matrix"
            return replace(other, array=other.array + one.array)
    rows, columns = _common(left, right)
    eye = left.eye + right.eye
    total = Value(left.array + right.array, rows, columns, eye)
    return total.resolved() if eye and not (rows and columns) else total


def _common(left: Value, right: Value) -> tuple[bool, bool]:
    """Whether rows and columns are still open; unequal lengths are an error."""
    for axis, (one, other) in enumerate(
        ((left.any_rows, right.any_rows), (left.any_columns, right.any_columns))
    ):
        lengths = left.array.shape[axis], right.array.shape[axis]
        assert one or other or lengths[0] == lengths[1], "shapes differ"
    return left.any_rows and right.any_rows, left.any_columns and right.any_columns


def _entrywise(left: Value, right: Value, divide: bool) -> Value:
    assert not right.scalar
    assert not left.scalar
    if left.eye or right.eye:
        matrix = right if left.eye else left
        size = max(matrix.array.shape)
        left, right = left.resolved(size, size), right.resolved(size, size)
    rows, columns = _common(left, right)
    array = left.array / right.array if divide else left.array * right.array
    return Value(array, rows, columns)


def _product(left: Value, right: Value) -> Value:
    if left.scalar:
        return _times(left, right)
    assert not right.scalar, "a scalar behind a vector"
    if right.any_rows:
        assert not left.any_columns, "a length that nothing fixes"
        right = right.resolved(rows=left.array.shape[1])
    elif left.any_columns:
        left = left.resolved(columns=right.array.shape[0])
    assert left.array.shape[1] == right.array.shape[0], "shapes do not fit"
    array = left.array @ right.array
    any_rows, any_columns = left.any_rows, right.any_columns
    if array.shape == (1, 1) and not any_rows and not any_columns:
        return Value(array, scalar=True)
    return Value(array, any_rows, any_columns)


class _VectorReader(_Reader):
    """Reads ``⊗``, ``vec`` and the commutation matrix ``K`` too."""

    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()

    def entries(self) -> Value:
        value = super().entries()
        while self.take("⊗"):
            value = self.kronecker(value, super().entries())
        return value

    def kronecker(self, left: Value, right: Value) -> Value:
        """The product; a length that one side leaves open is what the whole asks for."""
        totals = int(np.prod(self.rows)), int(np.prod(self.columns))
        left = self.closed(left, right, totals)
        right = self.closed(right, left, totals)
        return Value(np.kron(left.array, right.array))

    def closed(self, value: Value, other: Value, totals: tuple[int, int]) -> Value:
        is_open = value.any_rows, value.any_columns
        others = other.any_rows, other.any_columns
        lengths: list[int | None] = [
            total // length if mine and not its else None
            for mine, its, total, length in zip(
                is_open, others, totals, other.array.shape, strict=True
            )
        ]
        if value.eye:
            known = [length for length in lengths if length is not None]
            assert len(set(known)) == 1, "an identity whose length nothing says"
            return value.resolved(known[0], known[0])
        if others != (False, False) and any(is_open):
            return value  # the other side first: it is square
        return value.resolved(*lengths)

    def symbol(self, name: str) -> Value:
        if name == "K" and name not in self.arrays:
            count, width = self.columns
            array = np.zeros((count * width, count * width))
            for i in range(count):
                for j in range(width):
                    array[j + width * i, i + count * j] = 1
            return Value(array)
        return super().symbol(name)

    def call(self, name: str) -> Value:
        if name != "vec":
            return super().call(name)
        inner = self.sum()
        self.need(")")
        if inner.any_rows or inner.any_columns:
            is_open = inner.any_rows, inner.any_columns
            inner = inner.resolved(
                *next(
                    shape
                    for shape in (self.rows, self.columns)
                    if len(shape) == 2
                    and (not inner.eye or shape[0] == shape[1])
                    and all(map(lambda o, n, m: o or n == m, is_open, shape, inner.array.shape))
                )
            )
        return Value(inner.array.T.reshape(-1, 1))
