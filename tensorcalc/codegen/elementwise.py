"""Pointwise nodes as expressions: sums, products, powers, functions, comparisons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
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
    text = emitter.dialect.operation(record, texts)
    condition = _INDICATOR.fullmatch(text)
    if condition is not None:
        return Code(f"({condition.group(1) or condition.group(2)})", ATOM, tuple(order), "boolean")
    for helper in record.support if emitter.dialect.name == "numpy" else ():
        emitter.helpers[helper] = None
    level = ATOM if _is_call(text) else SUM
    operand = node.operands[0]
    if order and len(node.operands) == 1 and emitter.is_last_use(operand):
        name = emitter.code[operand].text
        plain = _UNARY_CALL.fullmatch(text)
        if name.isidentifier() and plain is not None and plain.group(2) == name:
            in_place = emitter.dialect.in_place(plain.group(1), name)
            if in_place is not None:
                return Code(in_place, ATOM, tuple(order))
    return Code(text, level, tuple(order))


#: Code of an operation that is a condition as a number: the condition itself.
_INDICATOR = re.compile(r"_indicator\(([^,]+), [\w., ]+\)|\((\w+ [<>=!]+ \w+)\)\.to\([^()]+\)")
_UNARY_CALL = re.compile(r"(np\.\w+|torch\.\w+)\((\w+)\)")


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
    if by in (Fraction(3, 2), Fraction(-3, 2)):
        named = emitter.variable(base) if emitter.code[base].kind == "real" else code
        aligned = emitter.aligned(named, node.labels[0], order)
        root = "np.sqrt" if emitter.dialect.name == "numpy" else "torch.sqrt"
        times = f"{aligned.at_most(ATOM)} * {root}({aligned.text})"
        return Code(times if by > 0 else f"1 / ({times})", PRODUCT, tuple(order))
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
