"""Matrix notation: what each part is, a scalar, a column, a row or a matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from typing import Literal as OneOf

from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.names import GREEK, POINTWISE_FUNCTIONS, nearest, spelled_out
from tensorcalc.language.scripts import read_number
from tensorcalc.language.source import Span

if TYPE_CHECKING:
    pass

__all__ = ["RANK", "Kind", "MatrixKinds", "MatrixValue", "RankFoundError", "RefusedError"]

Kind = OneOf["scalar", "column", "row", "matrix"]
RANK: dict[Kind, int] = {"scalar": 0, "column": 1, "row": 1, "matrix": 2}
SHOWN: dict[Kind, str] = {
    "scalar": "a scalar", "column": "a vector", "row": "a row vector", "matrix": "a matrix",
}  # fmt: skip
_NAMES = "ijklmpqrstuv"
_REDUCTIONS = ("sum", "norm1", "norm2", "norm", "norm_f", "tr", "det", "logdet")
_MATRIX_CALLS = ("inv", "diag", "transpose", "vector", "matrix", "cholesky", "dot", "grad", "bars")
_TWO_ARGUMENTS = ("max", "min", "pow", "atan2", "dot", "grad")


class RefusedError(Exception):
    """A statement with a mistake that is reported already."""


class RankFoundError(Exception):
    """A name that its letter makes a scalar is transposed, or added to a vector or a matrix."""

    def __init__(self, name: str, rank: int) -> None:
        super().__init__(name)
        self.name = name
        self.rank = rank


@dataclass(slots=True)
class MatrixValue:
    """A part of a statement: what it is, where, and how it is composed."""

    span: Span
    kind: Kind
    form: str
    parts: tuple[Any, ...] = ()


@dataclass(slots=True)
class MatrixKinds:
    """Finds what each part is, remembering the names."""

    reporter: Reporter
    ranks: dict[str, int]
    kinds: dict[str, Kind] = field(default_factory=dict[str, Kind])
    assumed: dict[str, Span] = field(default_factory=dict[str, Span])
    inferred: dict[str, int] = field(default_factory=dict[str, int])
    base: int = 0
    used: int = 0

    def refuse(self, code: str, message: str, span: Span, hint: str = "") -> RefusedError:
        """Report an error and return what to raise."""
        self.reporter.error(code, message, span, hint)
        return RefusedError()

    def _span(self, tree: Any) -> Span:
        if hasattr(tree, "start_pos"):
            return Span(self.base + tree.start_pos, self.base + tree.end_pos)
        return Span(self.base + tree.meta.start_pos, self.base + tree.meta.end_pos)

    def _spelled(self, token: Any) -> str:
        return spelled_out(str(token))

    def _fresh(self, count: int) -> tuple[str, ...]:
        names: list[str] = []
        for _ in range(count):
            turn, letter = divmod(self.used, len(_NAMES))
            names.append(_NAMES[letter] + (str(turn) if turn else ""))
            self.used += 1
        return tuple(names)

    def _value(self, tree: Any) -> MatrixValue:
        span = self._span(tree)
        match tree.data:
            case "number":
                value = read_number(str(tree.children[0]), span.start, self.reporter)
                return MatrixValue(span, "scalar", "number", (value,))
            case "name":
                return self._name(tree.children[0], span)
            case "bracket":
                return self._value(tree.children[0])
            case "positive":
                return self._value(tree.children[1])
            case "negative":
                inner = self._value(tree.children[1])
                return MatrixValue(span, inner.kind, "added", ((-1, inner),))
            case "plus":
                return self._sum(tree, span)
            case "times":
                return self._product(tree, span)
            case "transposed":
                inner = self._value(tree.children[0])
                if self._is_assumed_scalar(inner):
                    raise RankFoundError(inner.parts[0], 1)
                kind: Kind = {"column": "row", "row": "column"}.get(inner.kind, inner.kind)  # type: ignore[assignment]
                return MatrixValue(span, kind, "transposed", (inner,))
            case "raised":
                return self._power(tree, span)
            case _:
                return self._call(tree, span)

    def _name(self, token: Any, span: Span) -> MatrixValue:
        name = self._spelled(token)
        if name in ("pi", "e", "inf") and name not in self.kinds and name not in self.ranks:
            return MatrixValue(span, "scalar", "name", (name,))
        known = self.kinds.get(name)
        if known is not None:
            kind: Kind = known
        else:
            rank = self.ranks.get(name, self.inferred.get(name))
            if rank is None:
                rank = 2 if name[0].isupper() else 0 if _is_scalar(name) else 1
                self.assumed[name] = span
            elif rank not in (0, 1, 2):
                raise self.refuse("E601", f"{name} has rank {rank}: a matrix has 2", span)
            kind = ("scalar", "column", "matrix")[rank]
            self.kinds[name] = kind
        return MatrixValue(span, kind, "name", (name,))

    def _sum(self, tree: Any, span: Span) -> MatrixValue:
        terms: list[tuple[int, Any]] = []
        while getattr(tree, "data", "") == "plus":
            left, sign, right = tree.children
            terms.append((1 if sign == "+" else -1, right))
            tree = left
        terms.append((1, tree))
        values = [(sign, self._value(t)) for sign, t in reversed(terms)]
        kind = values[0][1].kind
        for _, whole in values:
            if whole.kind not in ("column", "matrix"):
                continue
            for _, value in values:
                if self._is_assumed_scalar(value):
                    raise RankFoundError(value.parts[0], RANK[whole.kind])
        for _, value in values[1:]:
            if value.kind != kind:
                raise self._mismatch(values[0][1], value, "added to")
        return MatrixValue(span, kind, "added", tuple(values))

    def _is_assumed_scalar(self, value: MatrixValue) -> bool:
        return value.kind == "scalar" and value.form == "name" and value.parts[0] in self.assumed

    def _mismatch(self, left: MatrixValue, right: MatrixValue, how: str) -> RefusedError:
        hint = ""
        kinds = {left.kind, right.kind}
        scalar = left if left.kind == "scalar" else right
        if self._is_assumed_scalar(scalar):
            name = scalar.parts[0]
            hint = f"{name} is a scalar by its letter: declare it, vector {name}"
        elif "scalar" in kinds and how == "added to":
            whole = "vector" if "matrix" not in kinds else "matrix"
            hint = f"a constant {whole} is written {whole}(1)"
        elif kinds == {"column", "row"}:
            hint = "transpose one of them with '"
        return self.refuse(
            "E601", f"{SHOWN[right.kind]} cannot be {how} {SHOWN[left.kind]}", right.span, hint
        )

    def _product(self, tree: Any, span: Span) -> MatrixValue:
        operands: list[tuple[str, Any]] = []
        while getattr(tree, "data", "") == "times":
            left, sign, right = tree.children
            operands.append((sign.type, right))
            tree = left
        operands.append(("", tree))
        operands.reverse()
        made = [(sign, self._value(t)) for sign, t in operands]
        kind = made[0][1].kind
        for sign, value in made[1:]:
            behind = kind == "matrix" and sign == "STAR" and self._is_assumed_scalar(value)
            if behind and value.parts[0] in GREEK.values():  # A' * lambda
                raise RankFoundError(value.parts[0], 1)
            kind = self._times(MatrixValue(made[0][1].span, kind, ""), sign, value)
        return MatrixValue(span, kind, "product", tuple(made))

    def _times(self, left: MatrixValue, sign: str, right: MatrixValue) -> Kind:
        """The kind of a product, or an error."""
        pair = (left.kind, right.kind)
        if sign == "SLASH" and right.kind != "scalar":
            raise self.refuse(
                "E601", f"a division by {SHOWN[right.kind]}", right.span,
                "componentwise: ./ ; a solution of A*x = b: inv(A)*b",
            )  # fmt: skip
        if "scalar" in pair:
            return left.kind if right.kind == "scalar" else right.kind
        if sign in ("DOTSTAR", "DOTSLASH"):
            if left.kind != right.kind:
                raise self._mismatch(left, right, "multiplied componentwise with")
            return left.kind
        kinds: dict[tuple[Kind, Kind], Kind] = {
            ("matrix", "matrix"): "matrix",
            ("matrix", "column"): "column",
            ("row", "matrix"): "row",
            ("row", "column"): "scalar",
            ("column", "row"): "matrix",
        }
        if pair not in kinds:
            hint = {
                (
                    "column",
                    "column",
                ): "the inner product is x'*y, componentwise x.*y, the outer x*y'",
                ("column", "matrix"): "transpose the vector: x'*A",
            }.get(pair, "")
            raise self.refuse(
                "E601",
                f"{SHOWN[left.kind]} times {SHOWN[right.kind]} is no product",
                right.span,
                hint,
            )
        return kinds[pair]

    def _power(self, tree: Any, span: Span) -> MatrixValue:
        base = self._value(tree.children[0])
        exponent = self._value(tree.children[2])
        if exponent.kind != "scalar":
            raise self.refuse("E601", "an exponent is a scalar", exponent.span)
        if tree.children[1].type == "DOTCARET" or base.kind == "scalar":
            return MatrixValue(span, base.kind, "power", (base, exponent))
        whole = _integer(exponent)
        if base.kind == "matrix" and whole == -1:
            return MatrixValue(span, "matrix", "matrix", ("inv", base))
        if base.kind == "matrix" and whole is not None and 1 <= whole <= 16:
            return MatrixValue(
                span, "matrix", "product", (("", base), *((("STAR", base),) * (whole - 1)))
            )
        hint = "componentwise: x.^2"
        if base.form == "name" and base.parts[0] in self.assumed:
            name = base.parts[0]
            hint = (
                f"{hint}; {name} is {SHOWN[base.kind]} by its letter: scalar {name} says otherwise"
            )
        raise self.refuse("E601", f"{SHOWN[base.kind]} has no such power", span, hint)

    def _call(self, tree: Any, span: Span) -> MatrixValue:
        token, *arguments = tree.children
        name = str(token)
        values = [self._value(a) for a in arguments if a is not None]
        known = name in POINTWISE_FUNCTIONS or name.lower() in _REDUCTIONS or name in _MATRIX_CALLS
        named_only = name in GREEK.values() and name[0].islower()  # sigma(A*x)
        if not (known or named_only):
            hint = nearest(name, [*POINTWISE_FUNCTIONS, *_REDUCTIONS, *_MATRIX_CALLS])
            raise self.refuse(
                "E602", f"{name} is no function of matrix notation", self._span(token),
                f"did you mean {hint}?" if hint else "",
            )  # fmt: skip
        wanted = 2 if name in _TWO_ARGUMENTS else 1
        if len(values) != wanted:
            message = f"{name} takes {wanted} argument{'s' * (wanted > 1)}, not {len(values)}"
            raise self.refuse("E304", message, span)
        first = values[0]
        if name in ("vector", "matrix"):
            if first.kind != "scalar":
                raise self.refuse("E601", f"{name} takes a scalar", first.span)
            return MatrixValue(
                span, "column" if name == "vector" else "matrix", "constant", (first,)
            )
        if name == "bars":  # |x| in LaTeX
            if first.kind == "matrix":
                hint = r"write \det(X), or \operatorname{abs}(X)"
                message = "bars around a matrix are its determinant, or the size of each component"
                raise self.refuse("E601", message, span, hint)
            return MatrixValue(span, first.kind, "call", ("abs", first))
        if name == "grad":
            return self._gradient(span, first, values[1])
        if name == "dot":
            if first.kind != "column" or values[1].kind != "column":
                raise self.refuse("E601", "dot takes two vectors", span)
            row = MatrixValue(first.span, "row", "transposed", (first,))
            return MatrixValue(span, "scalar", "product", (("", row), ("STAR", values[1])))
        if name.lower() in _REDUCTIONS:
            square = name in ("tr", "det", "logdet")
            if first.kind == "scalar" or (square and first.kind != "matrix"):
                raise self.refuse("E601", f"{name} of {SHOWN[first.kind]}", first.span)
            form = "matrix" if square else name.lower()
            return MatrixValue(span, "scalar", form, (name, first) if square else (first,))
        if name in ("inv", "cholesky", "transpose"):
            if first.kind != "matrix" and name != "transpose":
                raise self.refuse("E601", f"{name} of {SHOWN[first.kind]}", first.span)
            if name == "transpose":
                kind: Kind = {"column": "row", "row": "column"}.get(first.kind, first.kind)  # type: ignore[assignment]
                return MatrixValue(span, kind, "transposed", (first,))
            return MatrixValue(span, "matrix", "matrix", (name, first))
        if name == "diag":
            if first.kind == "scalar":
                raise self.refuse("E601", "diag of a scalar", first.span)
            kind = "column" if first.kind == "matrix" else "matrix"
            return MatrixValue(span, kind, "diag", (first,))
        for other in values[1:]:
            if other.kind != first.kind and "scalar" not in (other.kind, first.kind):
                raise self._mismatch(first, other, f"an argument of {name} with")
        kind = max((v.kind for v in values), key=lambda k: RANK[k])
        return MatrixValue(span, kind, "call", (name, *values))

    def _gradient(self, span: Span, of: MatrixValue, by: MatrixValue) -> MatrixValue:
        """``grad(f, X)``: the derivative of a scalar, in the shape of ``X``."""
        if of.kind != "scalar":
            hint = "a Jacobian is written with indices: J^i_j = d(y^i)/d(x^j)"
            raise self.refuse("E601", f"the gradient of {SHOWN[of.kind]}", of.span, hint)
        if by.form != "name":
            raise self.refuse("E307", "a gradient is by a name", by.span, "grad(x'*A*x, x)")
        return MatrixValue(span, by.kind, "gradient", (of, by))


def _is_scalar(name: str) -> bool:
    """Whether a small letter stands for a scalar unless something else is said."""
    return name[0] in "abcdefg" or name in ("lambda", "sigma", "tau", "rho", "kappa")


def _integer(value: MatrixValue) -> int | None:
    """The integer that an exponent is, or None."""
    sign = 1
    while value.form == "added" and len(value.parts) == 1:
        factor, value = value.parts[0]
        sign *= factor
    if value.form == "number" and value.parts[0].denominator == 1:
        return sign * int(value.parts[0])
    return None
