"""Sums and products as expressions, and in place where they get a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from tensorcalc.arrays.nodes import Add, Array, Einsum, Map, Scalar
from tensorcalc.codegen.code import ATOM, MATMUL, PRODUCT, SUM, UNARY, Code, number_text
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.expr import Extent

__all__ = ["Part", "add", "common_order", "is_fresh", "multiply", "scalar", "wished_order"]

Part = tuple[Code, Sequence[int]]


def scalar(emitter: Emitter, node: Scalar) -> Code:
    """A number, or a size."""
    if isinstance(node.value, Extent):
        text = emitter.sizes.text(node.value)
        level = ATOM if text.isidentifier() else SUM
        return Code(text, level, (), "python")
    text = number_text(node.value)
    level = ATOM
    if text.startswith("-"):
        level = UNARY
    if " / " in text:
        level = PRODUCT
    return Code(text, level, (), "python")


def common_order(parts: Sequence[Part], wished: Sequence[int] | None = None) -> list[int]:
    """The order of labels of a result: as wished, if the operands do not all agree otherwise.

    Else that of the operand with most axes, then the others'.
    """
    if wished is not None:
        full = [c.labels(own) for c, own in parts if len(c.axes) == len(wished)]
        if any(own == list(wished) for own in full) or len({tuple(own) for own in full}) != 1:
            return list(wished)
    arrays = [(c, own) for c, own in parts if c.kind != "python"]
    order: list[int] = []
    for code, own in sorted(arrays, key=lambda part: -len(part[0].axes)):
        order.extend(k for k in code.labels(own) if k not in order)
    if not any(len(c.axes) == len(order) for c, _ in arrays):
        order = []
        for code, own in arrays:
            order.extend(k for k in code.labels(own) if k not in order)
    return order


def multiply(emitter: Emitter, node: Einsum) -> Code:
    """A product without a sum, times a coefficient; inverse powers divide."""
    parts: list[Part] = []
    divisors: list[Part] = []
    own: Sequence[int]
    for operand, own in zip(node.operands, node.labels, strict=True):
        inverse = _inverted(emitter, operand)
        if inverse is not None:
            base, labels = inverse
            moved = [own[k] for k in labels]
            divisors.append((_prepared(emitter, emitter.code[base]), moved))
        else:
            parts.append((_prepared(emitter, emitter.code[operand]), own))
    order = common_order([*parts, *divisors], wished_order(emitter, node, node.output))
    if all(c.kind != "real" for c, _ in [*parts, *divisors] if c.kind != "python"):
        parts = [(emitter.real(c), own) for c, own in parts]
    text, level = "", ATOM
    sign, coefficient = _signed(node.coefficient)
    if coefficient != 1:
        text = number_text(coefficient)
        level = PRODUCT if " / " in text else ATOM
    arrays: list[tuple[str, Part]] = []
    for symbol, group in (("*", parts), ("/", divisors)):
        for code, own in group:
            if code.kind == "python":
                text, level = _times(text, level, symbol, code)
            else:
                arrays.append((symbol, (code, own)))
    if sign < 0:
        text, level = (f"-{text}", max(level, UNARY)) if text else ("-1", UNARY)
    arrays = _reals_first(emitter, arrays)
    axes = _axes(order, node.output)
    if not arrays:
        return Code(text or "1", level, axes, "python")
    whole, whole_level = ("", ATOM) if text == "-1" else (text, level)
    for symbol, (code, own) in arrays:
        factor = emitter.aligned(code, own, order)
        whole, whole_level = _times(whole, whole_level, symbol, factor)
    if text == "-1":
        whole = f"-{whole}" if whole_level <= PRODUCT else f"-({whole})"
        whole_level = max(UNARY, whole_level)
    result = Code(whole, whole_level, axes)
    return _in_place_product(emitter, result, text, arrays, order)


def _reals_first(emitter: Emitter, arrays: list[tuple[str, Part]]) -> list[tuple[str, Part]]:
    """The factors, the first of them real: a reader may write a sign or a number before it.

    A boolean has no sign, and twice one is an integer, beside which single precision is lost.
    """
    factors = [n for n, (symbol, _) in enumerate(arrays) if symbol == "*"]
    if not factors or arrays[factors[0]][1][0].kind != "boolean":
        return arrays
    for n in factors:
        if arrays[n][1][0].kind != "boolean":
            return [arrays[n], *arrays[:n], *arrays[n + 1 :]]
    code, own = arrays[0][1]
    return [("*", (emitter.real(code), own)), *arrays[1:]]


def _in_place_product(
    emitter: Emitter,
    result: Code,
    scale: str,
    arrays: Sequence[tuple[str, Part]],
    order: Sequence[int],
) -> Code:
    """Let a product that gets a name be formed in the memory of one of its factors."""
    if not order:
        return result
    updates = [f"{{}} *= {scale}"] if scale else []
    rest = list(arrays)
    for position, (symbol, (code, own)) in enumerate(arrays):
        if symbol == "*" and is_fresh(code) and code.labels(own) == list(order):
            rest.pop(position)
            updates += [f"{{}} {s}= {emitter.aligned(c, o, order).text}" for s, (c, o) in rest]
            if not updates:
                return result
            own_code = code.then(result.text, result.level, updates)
            return replace(result, base=own_code.base, updates=own_code.updates)
    if len(rest) + len(updates) < 3 or rest[0][0] != "*":
        return result
    (_, (code, own)), (symbol, (other, labels)), *others = rest
    if len(set(own) | set(labels)) < len(order):
        return result
    left, right = emitter.aligned(code, own, order), emitter.aligned(other, labels, order)
    if "boolean" in (left.kind, right.kind):
        return result
    updates += [f"{{}} {s}= {emitter.aligned(c, o, order).text}" for s, (c, o) in others]
    base = f"{_times('', ATOM, '*', left)[0]} {symbol} {right.at_most(UNARY)}"
    return replace(result, base=base, updates=tuple(updates))


def is_fresh(code: Code) -> bool:
    """Whether an expression makes a new array, which its reader may change."""
    return code.owned and code.kind == "real" and not code.text.isidentifier()


def wished_order(emitter: Emitter, node: Array, labels: Sequence[int]) -> list[int] | None:
    """The order of labels that readers of ``node`` would like, if any."""
    order = emitter.order_of(node)
    return None if order is None else [labels[k] for k in order]


def _axes(order: Sequence[int], output: Sequence[int]) -> tuple[int, ...]:
    return tuple(list(output).index(k) for k in order)


def _times(text: str, level: int, symbol: str, factor: Code) -> tuple[str, int]:
    """``text`` times or divided by a factor; nothing yet counts as 1."""
    if not text and symbol == "*":
        return (f"({factor.text})", ATOM) if factor.level == MATMUL else (factor.text, factor.level)
    left = (text or "1") if level in (ATOM, UNARY, PRODUCT) else f"({text})"
    return f"{left} {symbol} {factor.at_most(UNARY)}", PRODUCT


def _prepared(emitter: Emitter, code: Code) -> Code:
    """Integers count as reals in products; booleans may stay as they are."""
    return emitter.real(code) if code.kind == "integer" else code


def _inverted(emitter: Emitter, operand: Array) -> tuple[Array, Sequence[int]] | None:
    """``x`` for ``x ** -1`` read once: its reader divides instead."""
    if not isinstance(operand, Map) or operand.operation.name != "pow":
        return None
    base, exponent = operand.operands
    if not isinstance(exponent, Scalar) or exponent.value != Fraction(-1):
        return None
    if emitter.code[operand].kind == "python":
        return (base, operand.labels[0]) if emitter.code[base].kind == "python" else None
    if emitter.uses.get(operand, 0) > 1 or emitter.preferred(operand) is not None:
        return None
    if emitter.code[operand].level == ATOM:
        return None  # it is a variable already
    return base, operand.labels[0]


def _signed(coefficient: Fraction | float) -> tuple[int, Fraction | float]:
    return (-1, -coefficient) if coefficient < 0 else (1, coefficient)


def add(emitter: Emitter, node: Add) -> Code:
    """A sum; a positive term comes first."""
    kinds = {emitter.code[o].kind for o in node.operands}
    integers = "integer" in kinds and kinds <= {"integer", "python"}
    terms: list[tuple[Fraction | float, Array, Sequence[int]]] = list(
        zip(node.coefficients, node.operands, node.labels, strict=True)
    )
    terms.sort(key=lambda t: _is_negative(t[0], t[1]))
    codes: list[tuple[Fraction | float, Code, Sequence[int]]] = []
    for coefficient, operand, own in terms:
        code = emitter.code[operand]
        codes.append((coefficient, code if integers else emitter.real(code), own))
    everything = range(len(node.shape))
    order = common_order([(c, own) for _, c, own in codes], wished_order(emitter, node, everything))
    signed = [_term(emitter, *part, order) for part in codes]
    text = _sum_text(signed)
    if all(c.kind == "python" for _, c, _ in codes):
        return Code(text, SUM, tuple(order), "python")
    if integers:
        return Code(text, SUM, tuple(order), "integer")
    result = Code(text, SUM, tuple(order))
    return _in_place_sum(emitter, result, codes, signed, order)


def _term(
    emitter: Emitter,
    coefficient: Fraction | float,
    code: Code,
    own: Sequence[int],
    order: Sequence[int],
) -> tuple[int, str]:
    """The sign and the text of one term."""
    term = emitter.aligned(code, own, order)
    sign, size = _signed(coefficient)
    if size != 1:
        return sign, f"{number_text(size)} * {term.at_most(UNARY)}"
    body = term.at_most(PRODUCT)
    if term.level in (UNARY, PRODUCT) and body.startswith("-"):
        return -sign, body[1:]
    return sign, body


def _sum_text(terms: Sequence[tuple[int, str]]) -> str:
    (sign, text), *rest = terms
    first = text if sign > 0 else f"-{text}"
    return first + "".join(f" {'+' if s > 0 else '-'} {t}" for s, t in rest)


def _in_place_sum(
    emitter: Emitter,
    result: Code,
    codes: Sequence[tuple[Fraction | float, Code, Sequence[int]]],
    signed: Sequence[tuple[int, str]],
    order: Sequence[int],
) -> Code:
    """Let a sum that gets a name be formed in the memory of one of its terms."""
    if not order:
        return result
    candidates = [
        n
        for n, (_, code, own) in enumerate(codes)
        if is_fresh(code) and code.labels(own) == list(order)
    ]
    candidates.sort(key=lambda n: codes[n][0] != 1)
    if not candidates:
        wide = {k for _, code, own in codes[:2] for k in code.labels(own)}
        if len(codes) < 3 or len(wide) < len(order) or signed[0][0] < 0:
            return result
        rest = [f"{{}} {'+' if s > 0 else '-'}= {t}" for s, t in signed[2:]]
        return replace(result, base=_sum_text(signed[:2]), updates=tuple(rest))
    chosen = candidates[0]
    coefficient, code, _ = codes[chosen]
    others = [t for n, t in enumerate(signed) if n != chosen]
    updates: list[str] = []
    first = 1 if chosen == 0 else 0
    if (
        emitter.dialect.name == "torch"
        and code.product is not None
        and coefficient == codes[first][0] == 1
        and signed[first][0] > 0
        and codes[first][1].kind == "real"
    ):
        left, right = code.product
        fused = f"torch.addmm({signed[first][1]}, {left}, {right})"
        updates = [f"{{}} {'+' if s > 0 else '-'}= {t}" for s, t in others[1:]]
        return replace(result, base=fused, updates=tuple(updates))
    if coefficient == -1:
        sign, text = others[0]
        if sign > 0 and emitter.dialect.name == "numpy":
            updates.append(f"np.subtract({text}, {{0}}, {{0}})")
            others = others[1:]
        else:
            numpy = emitter.dialect.name == "numpy"
            updates.append("np.negative({0}, {0})" if numpy else "{}.neg_()")
    elif coefficient != 1:
        updates.append(f"{{}} *= {_negated(coefficient)}")
    updates += [f"{{}} {'+' if s > 0 else '-'}= {t}" for s, t in others]
    own_code = code.then(result.text, result.level, updates)
    return replace(result, base=own_code.base, updates=own_code.updates)


def _negated(coefficient: Fraction | float) -> str:
    sign, size = _signed(coefficient)
    return number_text(size) if sign > 0 else f"-{number_text(size)}"


def _is_negative(coefficient: Fraction | float, operand: Array) -> bool:
    if isinstance(operand, Scalar) and not isinstance(operand.value, Extent):
        return coefficient * operand.value < 0
    return coefficient < 0
