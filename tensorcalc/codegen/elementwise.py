"""Pointwise nodes as expressions: sums, products, powers, functions, comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tensorcalc.arrays.nodes import Add, Array, Compare, Einsum, Map, Scalar, Whole
from tensorcalc.codegen.code import ATOM, MATMUL, PRODUCT, SUM, UNARY, Code, Kind, number_text
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.expr import Extent
from tensorcalc.ops.code import CodeArgument

__all__ = ["add", "common_order", "compare", "multiply", "pointwise", "scalar", "whole"]

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
    order = common_order([*parts, *divisors], _wished(emitter, node, node.output))
    if all(c.kind != "real" for c, _ in [*parts, *divisors] if c.kind != "python"):
        parts = [(emitter.real(c), own) for c, own in parts]
    text, level = "", ATOM
    arrays = [p for p in (*parts, *divisors) if p[0].kind != "python"]
    sign, coefficient = _signed(node.coefficient)
    if coefficient != 1:
        text = number_text(coefficient)
        level = PRODUCT if " / " in text else ATOM
    for python in (True, False):
        for symbol, group in (("*", parts), ("/", divisors)):
            for code, own in group:
                if (code.kind == "python") is python:
                    factor = emitter.aligned(code, own, order)
                    text, level = _times(text, level, symbol, factor)
    if sign < 0:
        text = f"-{text}" if level <= PRODUCT else f"-({text})"
        level = PRODUCT if level == PRODUCT else UNARY
    kind: Kind = "real" if arrays else "python"
    return Code(text, level, _axes(order, node.output), kind)


def _wished(emitter: Emitter, node: Array, labels: Sequence[int]) -> list[int] | None:
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
    order = common_order([(c, own) for _, c, own in codes], _wished(emitter, node, everything))
    text, level = "", SUM
    for coefficient, code, own in codes:
        term = emitter.aligned(code, own, order)
        body, sign = term.at_most(PRODUCT), 1
        sign, size = _signed(coefficient)
        if size != 1:
            body = f"{number_text(size)} * {term.at_most(UNARY)}"
        elif term.level in (UNARY, PRODUCT) and body.startswith("-"):
            body, sign = body[1:], -sign
        if not text:
            text = body if sign > 0 else f"-{body}"
        else:
            text += f" + {body}" if sign > 0 else f" - {body}"
    numbers = all(c.kind == "python" for _, c, _ in codes)
    kind: Kind = "python" if numbers else "integer" if integers else "real"
    return Code(text, level, tuple(order), kind)


def _is_negative(coefficient: Fraction | float, operand: Array) -> bool:
    if isinstance(operand, Scalar) and not isinstance(operand.value, Extent):
        return coefficient * operand.value < 0
    return coefficient < 0


def pointwise(emitter: Emitter, node: Map) -> Code:
    """A catalog operation."""
    record = node.operation
    codes = [(emitter.real(emitter.code[o]), own) for o, own in _operands(node)]
    if all(c.kind == "python" for c, _ in codes):
        return _python(emitter, node, [c for c, _ in codes])
    order = common_order(codes, _wished(emitter, node, range(len(node.shape))))
    if record.name == "pow":
        special = _power(emitter, node, order)
        if special is not None:
            return special
    template = record.numpy if emitter.dialect.name == "numpy" else record.torch
    texts: list[CodeArgument] = []
    for place, (operand, own) in enumerate(_operands(node)):
        if isinstance(operand, Scalar) and not isinstance(operand.value, Extent):
            texts.append(operand.value)
            continue
        code = emitter.real(emitter.code[operand])
        if code.kind == "python":
            number = emitter.names.temporary()
            reference = next(c for c, _ in codes if c.kind != "python")
            named = _named(emitter, reference)
            text = f"{named}.new_tensor({code.text})"
            emitter.line(f"{number} = {code.text if emitter.dialect.name == 'numpy' else text}")
            texts.append(number)
            continue
        if template.count(f"{{{place}}}") > 1 and not code.text.isidentifier():
            if emitter.code[operand].kind == "real":
                code = emitter.variable(operand)
            else:
                code = emitter.assign(operand, code, emitter.names.temporary())
        texts.append(_argument(emitter.aligned(code, own, order), template, place))
    for helper in record.support if emitter.dialect.name == "numpy" else ():
        emitter.helpers[helper] = None
    text = emitter.dialect.operation(record, texts)
    level = ATOM if _is_call(text) else SUM
    return Code(text, level, tuple(order))


def _operands(node: Map) -> list[tuple[Array, Sequence[int]]]:
    return list(zip(node.operands, node.labels, strict=True))


def _named(emitter: Emitter, code: Code) -> str:
    if code.text.isidentifier():
        return code.text
    name = emitter.names.temporary()
    emitter.line(f"{name} = {code.text}")
    return name


def _argument(code: Code, template: str, place: int) -> str:
    """Bare inside a call's brackets, else in brackets of its own."""
    mark = f"{{{place}}}"
    position = template.find(mark)
    before = template[:position].rstrip()
    after = template[position + len(mark) :].lstrip()
    if before.endswith(("(", ",")) and after.startswith((")", ",")):
        return code.text
    return code.at_most(ATOM)


def _is_call(text: str) -> bool:
    """Whether ``text`` is one call, so that nothing outside its brackets can bind apart."""
    opening = text.find("(")
    if not text.endswith(")") or not text[:opening].replace(".", "").replace("_", "").isalnum():
        return False
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0 and character == ")" and place < len(text) - 1:
            return False
    return True


def _power(emitter: Emitter, node: Map, order: Sequence[int]) -> Code | None:
    """Powers that have a faster or plainer form."""
    base, exponent = node.operands
    if not isinstance(exponent, Scalar) or isinstance(exponent.value, Extent):
        return None
    by = exponent.value
    code = emitter.real(emitter.code[base])
    if by == -1:
        inverse = emitter.aligned(code, node.labels[0], order)
        return Code(f"1 / {inverse.at_most(UNARY)}", PRODUCT, tuple(order))
    if by in (Fraction(1, 2), Fraction(-1, 2)):
        inside = emitter.aligned(code, node.labels[0], order)
        root = "np.sqrt" if emitter.dialect.name == "numpy" else "torch.sqrt"
        if by > 0:
            return Code(f"{root}({inside.text})", ATOM, tuple(order))
        return Code(f"1 / {root}({inside.text})", PRODUCT, tuple(order))
    if by in (2, 3) and isinstance(by, Fraction):
        named = emitter.variable(base) if emitter.code[base].kind == "real" else code
        if not named.text.isidentifier():
            named = emitter.assign(base, named, emitter.names.temporary())
        aligned = emitter.aligned(named, node.labels[0], order)
        return Code(" * ".join([aligned.at_most(ATOM)] * int(by)), PRODUCT, tuple(order))
    if by in (-2, -3) and isinstance(by, Fraction):
        named = emitter.variable(base) if emitter.code[base].kind == "real" else code
        if not named.text.isidentifier():
            named = emitter.assign(base, named, emitter.names.temporary())
        aligned = emitter.aligned(named, node.labels[0], order)
        times = " * ".join([aligned.at_most(ATOM)] * -int(by))
        return Code(f"1 / ({times})", PRODUCT, tuple(order))
    return None


def _python(emitter: Emitter, node: Map, codes: Sequence[Code]) -> Code:
    """An operation of Python numbers only, such as ``1 / n``."""
    if node.operation.name == "pow":
        base, exponent = codes
        if exponent.text == "-1":
            return Code(f"1 / {base.at_most(ATOM)}", PRODUCT, (), "python")
        power = f"float({base.text}) ** {exponent.at_most(ATOM)}"
        return Code(power, PRODUCT, (), "python")
    for helper in node.operation.support if emitter.dialect.name == "numpy" else ():
        emitter.helpers[helper] = None
    text = emitter.dialect.python_value(node.operation, [c.text for c in codes])
    return Code(text, ATOM, (), "python")


def compare(emitter: Emitter, node: Compare) -> Code:
    """A comparison: booleans, which count as 1 and 0."""
    parts: list[Part] = [
        (emitter.code[node.left], node.labels[0]),
        (emitter.code[node.right], node.labels[1]),
    ]
    order: list[int] = []
    for code, own in parts:
        order.extend(k for k in code.labels(own) if k not in order)
    left, right = (emitter.aligned(code, own, order) for code, own in parts)
    text = f"{left.at_most(SUM)} {node.relation} {right.at_most(SUM)}"
    if not order:
        return Code(f"float({text})", ATOM, (), "python")
    return Code(f"({text})", ATOM, tuple(order), "boolean")


def whole(emitter: Emitter, node: Whole) -> Code:
    """A function over trailing axes. Its operands are variables: the code may repeat them."""
    batch = list(range(len(node.batch)))
    arguments: list[str] = []
    for operand, own, bound in zip(node.operands, node.labels, node.bound, strict=True):
        trailing = [len(batch) + n for n in range(len(bound))]
        code = emitter.real(emitter.code[operand])
        missing = [k for k in trailing if k not in own]
        present = [k for k in batch if k in own]
        if code.kind == "python" or missing:
            sizes = [node.batch[k] for k in present] + list(bound)
            shape = emitter.sizes.shape(sizes)
            if code.kind == "python":
                text = emitter.dialect.constant(shape, code.text)
            else:
                inner = emitter.aligned(code, own, [*present, *trailing])
                text = emitter.dialect.broadcast(inner.at_most(ATOM), shape)
        else:
            text = emitter.aligned(code, own, [*present, *trailing]).text
        if any(k in own for k in batch) and len(present) < len(batch):
            inside = ", ".join(":" if k in present else "None" for k in batch)
            text = f"{text if text.isidentifier() else f'({text})'}[{inside}]"
        if not text.isidentifier():
            name = emitter.names.temporary()
            emitter.line(f"{name} = {text}")
            text = name
        arguments.append(text)
    for helper in node.operation.support if emitter.dialect.name == "numpy" else ():
        emitter.helpers[helper] = None
    text = emitter.dialect.operation(node.operation, arguments, len(node.bound[0]))
    kind: Kind = "integer" if node.operation.name in ("argmax", "argmin") else "real"
    return Code(text, ATOM if _is_call(text) else SUM, tuple(range(len(node.shape))), kind)
